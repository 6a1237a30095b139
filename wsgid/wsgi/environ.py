"""The environ: what is known at boot, of the connection, and of the request (PEP 3333, RFC 3875)."""

from typing import Any, BinaryIO
from urllib.parse import unquote_to_bytes

from wsgid.protocol.http1 import Request
from wsgid.wsgi.body import RequestBody
from wsgid.wsgi.file_wrapper import FileWrapper


def boot_environ(*, multithread: bool, multiprocess: bool, errors: Any) -> dict[str, Any]:
    """What all requests of a worker have in common; `errors` is a text stream.

    And what each connection and request says for itself: so a copy has room for all that is said, and need
    not grow.
    """
    return {
        "REQUEST_METHOD": "",
        "RAW_URI": "",
        "REQUEST_URI": "",
        "PATH_INFO": "",
        "QUERY_STRING": "",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.input": None,
        "wsgi.early_hints": None,
        "gunicorn.socket": None,
        "SERVER_SOFTWARE": "wsgid",
        "SCRIPT_NAME": "",
        "REMOTE_ADDR": "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": errors,
        "wsgi.multithread": multithread,
        "wsgi.multiprocess": multiprocess,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
        "wsgi.file_wrapper": FileWrapper,
        "SERVER_NAME": "",
        "SERVER_PORT": "",
        "REMOTE_PORT": "",
    }


def connection_environ(
    boot: dict[str, Any], server: tuple[str, str], peer: tuple[str, int] | None
) -> dict[str, Any]:
    """What all requests of a connection have in common; `peer` is None on a Unix socket."""
    environ = boot.copy()
    environ["SERVER_NAME"], environ["SERVER_PORT"] = server
    if peer is None:
        del environ["REMOTE_PORT"]
    else:
        environ["REMOTE_ADDR"] = peer[0]
        environ["REMOTE_PORT"] = str(peer[1])
    return environ


def request_environ(request: Request, body: BinaryIO) -> dict[str, Any]:
    """The dict for one request: its own, for the application to do with as it likes."""
    environ = request.environ
    environ["REQUEST_METHOD"] = request.method
    environ["RAW_URI"] = environ["REQUEST_URI"] = request.target
    path, _, environ["QUERY_STRING"] = request.path.partition("?")
    # PEP 3333: the octets, as latin-1. RFC 3986, 2.4: decoded once, after splitting.
    environ["PATH_INFO"] = unquote_to_bytes(path).decode("latin-1") if "%" in path else path
    if not request.is_http11:
        environ["SERVER_PROTOCOL"] = "HTTP/1.0"
    environ["wsgi.input"] = body
    if request.body is not None and "CONTENT_LENGTH" not in environ and isinstance(request.body, RequestBody):
        # RFC 3875, 4.1.2: the length without the transfer coding. Django reads no further than it says.
        environ["CONTENT_LENGTH"] = str(request.body.size)
    return environ
