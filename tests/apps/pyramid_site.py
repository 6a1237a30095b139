"""A Pyramid application and a filter of PasteDeploy, as an ini file names them."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from pyramid.config import Configurator
from pyramid.response import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pyramid.request import Request

log = logging.getLogger(__name__)


def main(global_config: Mapping[str, str], **settings: str) -> Any:
    """Make the application (paste.app_factory)."""
    config = Configurator(settings={**settings, "of.global": json.dumps(dict(global_config))})
    config.add_route("page", "/")
    config.add_view(page, route_name="page")
    return config.make_wsgi_app()


def page(request: Request) -> Response:
    """Tell what the ini file has said, and where this application is mounted."""
    log.info("asked")
    settings = request.registry.settings
    told = {
        "name": settings["site.name"],
        "stage": json.loads(settings["of.global"]).get("stage"),
        "script_name": request.script_name,
        "by": request.headers.get("X-Filter"),
    }
    return Response(json_body=told)


def make_filter(
    app: Callable[..., Iterable[bytes]], _: Mapping[str, str], by: str
) -> Callable[..., Iterable[bytes]]:
    """Tell the application by which filter a request came (paste.filter_app_factory)."""

    def filtered(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["HTTP_X_FILTER"] = by
        return app(environ, start_response)

    return filtered
