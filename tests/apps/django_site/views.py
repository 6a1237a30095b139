"""Forms with CSRF tokens, sessions, uploads, downloads, errors."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.middleware.csrf import get_token
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = bytes(range(256)) * 256


def index(request: HttpRequest) -> HttpResponse:
    """Answer with the query and the absolute URL of this page."""
    return HttpResponse(f"hello {request.GET.get('name', 'world')} {request.build_absolute_uri()}")


def seen(request: HttpRequest) -> HttpResponse:
    """Answer with what Django takes for client, host and scheme."""
    found = {
        "is_secure": request.is_secure(),
        "host": request.get_host(),
        "client": request.META["REMOTE_ADDR"],
        "uri": request.build_absolute_uri(),
    }
    return JsonResponse(found)


def form(request: HttpRequest) -> HttpResponse:
    """Give a token, and take it back with the form."""
    if request.method == "POST":
        return JsonResponse({"form": request.POST.dict(), "cookies": request.COOKIES})
    return HttpResponse(get_token(request))


def count(request: HttpRequest) -> HttpResponse:
    """Count the visits of a session."""
    request.session["count"] = request.session.get("count", 0) + 1
    return HttpResponse(str(request.session["count"]))


def set_cookies(_request: HttpRequest) -> HttpResponse:
    """Set two."""
    response = HttpResponse("set")
    response.set_cookie("first", "1", httponly=True)
    response.set_cookie("second", "two words; and more")
    return response


@csrf_exempt
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Hash what was uploaded."""
    file = request.FILES["file"]
    digest = hashlib.sha256()
    for block in file.chunks():
        digest.update(block)
    answer = {
        "name": file.name,
        "size": file.size,
        "sha256": digest.hexdigest(),
        "note": request.POST["note"],
    }
    return JsonResponse(answer)


def download(request: HttpRequest, blocks: int) -> StreamingHttpResponse:
    """Stream blocks of 64 KB, with their length if the query asks for it."""

    def generate() -> Iterator[bytes]:
        for _ in range(blocks):
            yield BLOCK

    response = StreamingHttpResponse(generate(), content_type="application/octet-stream")
    if "length" in request.GET:
        response["Content-Length"] = str(blocks * len(BLOCK))
    return response


def file(_request: HttpRequest) -> FileResponse:
    """Send this source, by wsgi.file_wrapper."""
    return FileResponse(Path(__file__).open("rb"))


def fails(_request: HttpRequest) -> HttpResponse:
    """Raise."""
    raise ValueError("xyzzy")


def away(_request: HttpRequest) -> HttpResponse:
    """Redirect."""
    return HttpResponse(status=302, headers={"Location": "/"})
