"""The page that `make run` serves: the request, the worker that served it, and a few things to try.

Nothing that a client sends reaches the page unescaped, and no more of it than is said below.
"""

from __future__ import annotations

import itertools
import json
import os
import platform
import secrets
import threading
import time
from html import escape
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PAGE = Template(Path(__file__).with_suffix(".html").read_text(encoding="utf-8"))

# Nothing from elsewhere, and no style or script but the page's own.
POLICY = Template(
    "default-src 'none'; style-src 'nonce-$nonce'; script-src 'nonce-$nonce'; connect-src 'self'; "
    "img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
)

# What one box on the page holds; far above what a person types, far below what hurts.
TEXT_LIMIT_BYTES = 64 * 1024
# So long that a person sees that the others do not wait.
SLOW_CALL_S = 2.0
COUNT_INTERVAL_S = 0.25

WELCOME = "wsgid runs, and this is its demonstration application. Reload the page: the numbers change."

STARTED = time.time()
# next() of it is atomic in CPython, so all threads of the worker may share it.
SERVED = itertools.count(1)


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    methods = ROUTES.get(environ["PATH_INFO"])
    if methods is None:
        return not_found(environ, start_response)
    view = methods.get(environ["REQUEST_METHOD"])
    if view is None:
        start_response("405 Method Not Allowed", [("Allow", ", ".join(methods)), ("Content-Length", "0")])
        return []
    return view(environ, start_response)


def home(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    return answer_page(environ, start_response)


def echo(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Show what the form sent, as it arrived."""
    body = environ["wsgi.input"].read(TEXT_LIMIT_BYTES + 1)
    if len(body) > TEXT_LIMIT_BYTES:
        start_response("413 Content Too Large", [("Content-Type", "text/plain"), ("Content-Length", "10")])
        return [b"too long.\n"]
    text = parse_qs(body.decode("latin-1"), keep_blank_values=True).get("text", [""])[0]
    words = f"{len(text.split())} words" if text.strip() else "not a word"
    return answer_page(
        environ, start_response, text=text, echo=f"{words}, {len(body)} octets, backwards: {text[::-1]}"
    )


def who(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    body = json.dumps({"pid": os.getpid(), "thread": thread_number(), "served": next(SERVED)}).encode()
    start_response(
        "200 OK",
        [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
        ],
    )
    return [body]


def slow(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    time.sleep(SLOW_CALL_S)
    return who(environ, start_response)


def count(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
    """Yield a line at a time: without a Content-Length, each goes out as a chunk of its own."""
    next(SERVED)
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")])
    for number in range(1, 11):
        yield b"%2d %s\n" % (number, b"#" * number)
        time.sleep(COUNT_INTERVAL_S)
    yield b"counted by worker %d, thread %d\n" % (os.getpid(), thread_number())


def not_found(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    return answer_page(
        environ,
        start_response,
        status="404 Not Found",
        heading="Nothing here.",
        introduction='There is no such page. <a href="/">The first one</a> has something on it.',
    )


ROUTES: dict[str, dict[str, Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]]] = {
    "/": {"GET": home, "HEAD": home},
    "/echo": {"POST": echo},
    "/who": {"GET": who, "HEAD": who},
    "/slow": {"GET": slow},
    "/count": {"GET": count},
}


def answer_page(
    environ: WSGIEnvironment,
    start_response: StartResponse,
    *,
    status: str = "200 OK",
    heading: str = "It serves.",
    introduction: str = WELCOME,
    text: str = "The quick brown fox",
    echo: str = "What you send comes back here.",
) -> Iterable[bytes]:
    """Fill the page in; `heading` and `introduction` are our own HTML, all else is escaped here."""
    nonce = secrets.token_urlsafe(16)
    page = PAGE.substitute(
        title=heading,
        nonce=nonce,
        heading=heading,
        introduction=introduction,
        pid=os.getpid(),
        thread=thread_number(),
        served=next(SERVED),
        text=escape(text),
        echo=escape(echo),
        request=table(request_rows(environ)),
        server=table(server_rows(environ)),
    ).encode("utf-8", "replace")
    start_response(
        status,
        [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(page))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("Content-Security-Policy", POLICY.substitute(nonce=nonce)),
        ],
    )
    return [page]


def request_rows(environ: WSGIEnvironment) -> Iterator[tuple[str, str]]:
    yield "method", environ["REQUEST_METHOD"]
    yield "target", environ.get("RAW_URI") or environ["PATH_INFO"]
    yield "protocol", environ["SERVER_PROTOCOL"]
    client = f"{environ.get('REMOTE_ADDR', '')} {environ.get('REMOTE_PORT', '')}"
    yield "from", client.strip() or "a Unix socket"
    for name, value in sorted(environ.items()):
        if name.startswith("HTTP_"):
            yield name[5:].replace("_", "-").lower(), value


def server_rows(environ: WSGIEnvironment) -> Iterator[tuple[str, str]]:
    yield "software", environ.get("SERVER_SOFTWARE", "")
    yield "address", f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    yield "arbiter", str(os.getppid())
    yield "worker since", time.strftime("%H:%M:%S", time.localtime(STARTED))
    yield "threads", "several" if environ["wsgi.multithread"] else "one"
    yield "Python", platform.python_version()
    for package in ("httptools", "pydantic"):
        try:
            yield package, version(package)
        except PackageNotFoundError:  # served by another server, from another environment
            continue
    yield "kernel", f"{platform.system()} {platform.release()}"
    yield "machine", f"{platform.machine()}, {os.cpu_count()} CPUs"


def table(rows: Iterable[tuple[str, str]]) -> str:
    row = '<tr><th scope="row">{}</th><td>{}</td></tr>'
    return "".join(row.format(escape(name), escape(value)) for name, value in rows)


def thread_number() -> int:
    """Which of the worker's threads this is: 1, 2, ... in the order of their first request."""
    number: int | None = getattr(THREAD, "number", None)
    if number is None:
        number = THREAD.number = next(THREADS)
    return number


THREAD = threading.local()
THREADS = itertools.count(1)
