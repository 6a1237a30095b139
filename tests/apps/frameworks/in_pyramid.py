"""The site in Pyramid."""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.response import Response

from tests.apps.frameworks import STATIC, blocks, told


def page(request: Any) -> Response:
    return Response(f"hello {request.params.get('name', 'world')}")


def form(request: Any) -> Response:
    return Response(json_body=dict(request.POST))


def upload(request: Any) -> Response:
    file = request.POST["file"]
    return Response(json_body=told(file.filename, file.file.read()))


def stream(request: Any) -> Response:
    return Response(app_iter=blocks(int(request.matchdict["count"])))


def fails(_: Any) -> Response:
    raise RuntimeError("xyzzy")


def make() -> Any:
    config = Configurator()
    for view, path in (
        (page, "/"),
        (form, "/form"),
        (upload, "/upload"),
        (stream, "/stream/{count}"),
        (fails, "/fails"),
    ):
        config.add_route(view.__name__, path)
        config.add_view(view, route_name=view.__name__)
    config.add_static_view("static", str(STATIC))
    return config.make_wsgi_app()


application = make()
