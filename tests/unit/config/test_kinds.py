"""Kinds of workers, in all the spellings that people bring along."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wsgid.config.kinds import worker_class

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("sync", "sync"),
        ("threads", "gthread"),
        ("gevent_pywsgi", "gevent"),
        ("gevent_wsgi", "gevent"),
        ("egg:gunicorn#gevent", "gevent"),
        ("egg:gunicorn#gevent_pywsgi", "gevent"),
        ("gunicorn.workers.sync.SyncWorker", "sync"),
        ("gunicorn.workers.gthread.ThreadWorker", "gthread"),
        ("gunicorn.workers.ggevent.GeventPyWSGIWorker", "gevent"),
        ("gunicorn.workers.geventlet.EventletWorker", "eventlet"),
        ("gunicorn.workers.gtornado.TornadoWorker", "tornado"),
        ("gunicorn.workers.gasgi.ASGIWorker", "asgi"),
        ("uvicorn.workers.UvicornWorker", "asgi"),
        ("uvicorn.workers.UvicornH11Worker", "asgi"),
        ("uvicorn_worker.UvicornWorker", "asgi"),
        ("my.package:Class", "my.package:Class"),
    ],
)
def test_every_spelling_of_a_kind_is_understood(written: str, kind: str) -> None:
    assert kind == worker_class(written)


@pytest.mark.parametrize(
    ("written", "advice"),
    [
        ("gevnt", "did you mean `gevent`?"),
        ("", "write sync, gthread"),
        ("my.package.Class", "`module:Class`"),
        ("a:", "`module:Class`"),
        ("gunicorn.workers.base.Worker", "`module:Class`"),
        ("geventwebsocket.gunicorn.workers.GeventWebSocketWorker", 'write "gevent"'),
        ("aiohttp.GunicornWebWorker", "`aiohttp.web.run_app`"),
        ("sanic.worker.GunicornWorker", 'write "asgi"'),
        ("meinheld.gmeinheld.MeinheldWorker", 'write "gthread"'),
        ("egg:meinheld#gunicorn_worker", 'write "gthread"'),
    ],
)
def test_what_is_no_kind_is_refused_with_what_to_use(written: str, advice: str) -> None:
    with pytest.raises(ValueError) as caught:
        worker_class(written)

    assert advice in str(caught.value)


def test_an_installed_package_may_name_a_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entry points, as `pip install` writes them down; a class that is none of this form is not taken."""
    about = tmp_path / "plug-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: plug\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        "[wsgid.servers]\nplug = plug.servers:Plug [more]\nplugged = plug.servers\n"
    )
    monkeypatch.syspath_prepend(tmp_path)

    assert "plug.servers:Plug" == worker_class("plug")
    with pytest.raises(ValueError, match="no worker class"):
        worker_class("plugged")
