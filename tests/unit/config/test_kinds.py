"""Kinds of workers, in all the spellings that people bring along."""

from __future__ import annotations

import pytest

from wsgid.config.kinds import worker_class


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
