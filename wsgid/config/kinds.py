"""Kinds of workers: what `worker_class` may say, gunicorn's spellings among them."""

from __future__ import annotations

import re
from importlib.util import find_spec

from wsgid.config.diagnostics import did_you_mean

WORKER_CLASSES = ("sync", "gthread", "gevent", "eventlet", "tornado", "asgi")
WORKER_CLASS_ALIASES = {
    "threads": "gthread",
    "gevent_pywsgi": "gevent",
    "gevent_wsgi": "gevent",
}

# gunicorn's own classes, by the last part of their module: gunicorn.workers.ggevent.GeventWorker.
_GUNICORN_MODULES = {
    "sync": "sync",
    "gthread": "gthread",
    "ggevent": "gevent",
    "geventlet": "eventlet",
    "gtornado": "tornado",
    "gasgi": "asgi",
}

# Classes of other projects for gunicorn, by the beginning of their names: what serves their users here.
_INSTEAD = {
    "geventwebsocket.": 'write "gevent", and let the application speak WebSocket itself (simple-websocket), '
    'or "asgi"',
    "aiohttp.": "aiohttp is its own server: run it with `aiohttp.web.run_app`",
    "sanic.": 'Sanic is an ASGI application: write "asgi"',
    "tornado.": 'write "tornado"',
    "meinheld.": 'write "gthread", with `threads` for calls that wait',
    "egg:meinheld#": 'write "gthread", with `threads` for calls that wait',
    "gevent.": 'write "gevent"',
    "eventlet.": 'write "eventlet"',
    "hypercorn.": 'write "asgi"',
    "daphne.": 'write "asgi"',
}

# For JSON Schema: what is taken beside the kinds themselves.
OTHER_SPELLINGS = (
    r"^(threads|gevent_pywsgi|gevent_wsgi|egg:gunicorn#\w+|(uvicorn\.workers|uvicorn_worker|gunicorn\.workers)"
    r"\.[\w.]+|[^\W\d]([\w.]*\w)?:[^\W\d]\w*)$"
)

# What has to be installed beside us, and the name by which it is.
_PACKAGES = {"gevent": "gevent", "eventlet": "eventlet", "tornado": "tornado", "asgi": "uvicorn"}

# Where other projects name their servers (pyproject.toml: [project.entry-points."wsgid.servers"]).
ENTRY_POINTS = "wsgid.servers"

_OURS = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


def worker_class(text: str) -> str:
    """Return the kind that is meant, or `module:Class`; raises ValueError, whose text says what to write.

    The name of an entry point becomes the class that it stands for.
    """
    name = text.removeprefix("egg:gunicorn#")
    name = WORKER_CLASS_ALIASES.get(name, name)
    if name in WORKER_CLASSES or _OURS.fullmatch(name):
        return name
    if name.startswith(("uvicorn.workers.", "uvicorn_worker.")):
        return "asgi"
    if name.startswith("gunicorn.workers."):
        kind = _GUNICORN_MODULES.get(name.split(".")[2])
        if kind is not None:
            return kind
    for beginning, instead in _INSTEAD.items():
        if name.startswith(beginning):
            raise ValueError(f"`{text}` is a class for gunicorn: {instead}")
    plugged_in = _plugged_in(name)
    if plugged_in:
        return plugged_in
    raise ValueError(f"`{text}` is no worker class: {_advice(name)}")


def missing_package(kind: str) -> str:
    """Return the package that a kind needs and that is not installed here, or ""."""
    package = _PACKAGES.get(kind, "")
    return package if package and find_spec(package) is None else ""


def _plugged_in(name: str) -> str:
    """Return the class that an installed package names so, or ""."""
    if not re.fullmatch(r"\w[\w.-]*", name):
        return ""
    from importlib.metadata import entry_points  # noqa: PLC0415  20 ms, for names alone that are none of ours

    found = [one.value.partition("[")[0].strip() for one in entry_points(group=ENTRY_POINTS, name=name)]
    return next((value for value in found if _OURS.fullmatch(value)), "")


def _advice(name: str) -> str:
    if re.fullmatch(r"[\w.]+\.[\w.]+", name):
        return 'a class of your own is written `module:Class`; for an ASGI application write "asgi"'
    return did_you_mean(name, WORKER_CLASSES) or f"write {', '.join(WORKER_CLASSES)} or `module:Class`"
