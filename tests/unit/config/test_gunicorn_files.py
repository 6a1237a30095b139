"""Files as gunicorn's users have them: what they set here, and every warning, none left out."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from wsgid.config.diagnostics import Mistakes
from wsgid.config.hooks import HOOKS
from wsgid.config.load import Loaded, load

if TYPE_CHECKING:
    from wsgid.config.diagnostics import Diagnostic

FILES = Path(__file__).parents[2] / "gunicorn_files"

NOT_INSTALLED = (
    "gunicorn is not installed, and not needed: use `logconfig_dict`, with the loggers wsgid.error and "
    "wsgid.access"
)
NOT_NEEDED = "gunicorn is not installed, and not needed: use --server-header or WSGID_SERVER_HEADER"
MADE_FROM_ANOTHER = (
    "`ShopWorker` is a class for gunicorn, made from its own: "
    'write "asgi", and its lifespan, root_path as settings'
)

Told = tuple[str, str, str]
"""A mistake: place, message, note."""


@pytest.fixture(autouse=True)
def files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Give the files where nobody else can read them; a clone's modes are the person's who made it.

    What they do to the environment and to sys.path is undone, and what they would read there taken away.
    """
    for file in FILES.glob("*.py"):
        Path(shutil.copy(file, tmp_path)).chmod(0o600)
    monkeypatch.chdir(tmp_path)
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": ""}
    monkeypatch.setattr(os, "environ", environ)
    monkeypatch.setattr(os, "getenv", environ.get)
    monkeypatch.setattr(sys, "path", sys.path[:])
    return tmp_path


def read(name: str) -> Loaded:
    """Load as a check does."""
    return load(["--check-config", "-c", name], {}, str(Path.cwd()))


def refused(name: str) -> list[Told]:
    with pytest.raises(Mistakes) as caught:
        read(name)
    return told(caught.value.diagnostics)


def told(diagnostics: tuple[Diagnostic, ...]) -> list[Told]:
    return [
        (str(label.where), diagnostic.message, label.note)
        for diagnostic in diagnostics
        for label in diagnostic.labels[:1]
    ]


def given(loaded: Loaded) -> dict[str, Any]:
    values = {name: getattr(loaded.settings, name) for name in loaded.history}
    if "hooks" in values:
        values["hooks"] = sorted(values["hooks"])
    return values


def install(monkeypatch: pytest.MonkeyPatch, name: str, **attributes: object) -> None:
    """Put a stand-in for a module of others into sys.modules."""
    module = ModuleType(name)
    vars(module).update(attributes)
    monkeypatch.setitem(sys.modules, name, module)


def uninstall(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [_Without(package), *sys.meta_path])


def test_one_that_has_every_setting_from_a_variable() -> None:
    os.environ |= {"WEB_CONCURRENCY": "3", "TIMEOUT": "90"}
    loaded = read("gunicorn_docker.py")

    assert {
        "bind": ("0.0.0.0:80",),
        "workers": 3,
        "worker_class": "asgi",
        "timeout": 90.0,
        "graceful_timeout": 120.0,
        "keepalive": 5.0,
        "accesslog": "-",
        "errorlog": "-",
        "loglevel": "info",
    } == given(loaded)
    assert [
        (
            "gunicorn_docker.py:46:1",
            "`worker_tmp_dir` is a setting of gunicorn's that has no use here",
            "workers say that they live in shared memory, not in files",
        )
    ] == told(loaded.warnings)
    assert "gunicorn_docker.py:48:20" == str(loaded.where("graceful_timeout"))


def test_one_that_shows_every_setting_and_every_hook() -> None:
    loaded = read("gunicorn_example.py")

    assert {
        "bind": ("127.0.0.1:8000",),
        "backlog": 2048,
        "workers": 1,
        "worker_class": "sync",
        "worker_connections": 1000,
        "timeout": 30.0,
        "keepalive": 2.0,
        "daemon": False,
        "env": {"DJANGO_SECRET_KEY": "something", "SPAM": "eggs"},
        "umask": 0,
        "errorlog": "-",
        "loglevel": "info",
        "access_log_format": '%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s"',
        "hooks": sorted(HOOKS),
    } == given(loaded)
    assert [] == told(loaded.warnings)


def test_one_that_tells_prometheus_which_worker_died(monkeypatch: pytest.MonkeyPatch) -> None:
    dead: list[int] = []
    install(monkeypatch, "prometheus_client.multiprocess", mark_process_dead=dead.append)
    install(monkeypatch, "prometheus_client", multiprocess=sys.modules["prometheus_client.multiprocess"])
    loaded = read("gunicorn_prometheus.py")
    loaded.settings.hooks["child_exit"](None, type("Worker", (), {"pid": 7}))

    assert {"bind": ("0.0.0.0:8000",), "workers": 2, "hooks": ["child_exit"]} == given(loaded)
    assert [] == told(loaded.warnings)
    assert [7] == dead
    assert "/tmp/shop-metrics" == os.environ["PROMETHEUS_MULTIPROC_DIR"]


def test_one_with_uvicorns_class_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting of ours is an ordinary variable in it, and a conflict is no error: gunicorn goes on, too."""
    install(monkeypatch, "uvicorn_worker", UvicornWorker=_worker_class("uvicorn_worker", "UvicornWorker"))
    loaded = read("gunicorn_uvicorn.py")

    assert {
        "bind": ("unix:/run/shop/shop.sock",),
        "workers": 4,
        "threads": 2,
        "worker_class": "asgi",
        "worker_connections": 500,
        "keepalive": 120.0,
        "max_requests": 10_000,
        "max_requests_jitter": 500,
    } == given(loaded)
    assert [
        (
            "gunicorn_uvicorn.py:5:11",
            '`threads = 2` needs worker_class "sync" or "gthread", but worker_class is "asgi"',
            "",
        )
    ] == told(loaded.warnings)


def test_one_whose_class_of_workers_is_not_installed() -> None:
    ((where, message, note),) = refused("gunicorn_uvicorn.py")

    assert ("gunicorn_uvicorn.py:1:1", "this file cannot be run") == (where, message)
    assert 'uvicorn_worker is not installed, and not needed: use `worker_class = "asgi"`' == note


def test_one_for_a_class_that_nothing_here_is() -> None:
    ((where, message, note),) = refused("gunicorn_websocket.py")

    assert ("gunicorn_websocket.py:3:16", "invalid value for `worker_class`") == (where, message)
    assert note.startswith(
        "`geventwebsocket.gunicorn.workers.GeventWebSocketWorker` is a class for gunicorn: "
    )
    assert 'write "gevent"' in note


def test_one_with_text_for_everything() -> None:
    loaded = read("gunicorn_text.py")

    assert {
        "workers": 2,
        "threads": 4,
        "timeout": 30.0,
        "graceful_timeout": 15.0,
        "backlog": 1024,
        "bind": ("0.0.0.0:8081", "[::]:8081"),
        "forwarded_allow_ips": ("10.0.0.0/8", "127.0.0.1"),
        "env": {"GREETING": "hello, world"},
        "pythonpath": ("/srv/lib", "/srv/more"),
        "reload": False,
        "preload_app": True,
        "loglevel": "warning",
        "umask": 0o27,
        "capture_output": True,
    } == given(loaded)
    assert [] == told(loaded.warnings)


def test_one_behind_a_proxy() -> None:
    """What is false is said no warning for, since it asks for nothing."""
    loaded = read("gunicorn_proxy.py")

    assert {
        "bind": ("0.0.0.0:8000",),
        "forwarded_allow_ips": ("*",),
        "proxy_protocol": "auto",
        "proxy_allow_ips": ("*",),
        "secure_scheme_headers": {
            "X-FORWARDED-PROTOCOL": "ssl",
            "X-FORWARDED-PROTO": "https",
            "X-FORWARDED-SSL": "on",
        },
        "forwarder_headers": ("SCRIPT_NAME", "PATH_INFO", "REMOTE_USER"),
        "header_map": "dangerous",
        "limit_request_line": 0,
        "limit_request_field_size": 16384,
        "proc_name": "shop-web",
    } == given(loaded)
    assert [
        (
            "gunicorn_proxy.py:19:1",
            "`strip_header_spaces` is a setting of gunicorn's that has no use here",
            "requests are read strictly (RFC 9112), and nothing makes that lenient",
        )
    ] == told(loaded.warnings)


def test_one_with_gunicorns_loggers() -> None:
    loaded = read("gunicorn_logging.py")
    loggers = loaded.settings.logconfig_dict["loggers"]

    assert {"accesslog", "logconfig_dict"} == given(loaded).keys()
    assert ["gunicorn.error", "gunicorn.access", "shop"] == list(loggers), (
        "log.configured knows whom they mean"
    )
    assert {"root", "formatters", "handlers", "loggers", "version", "disable_existing_loggers"} == (
        loaded.settings.logconfig_dict.keys()
    )
    assert [] == told(loaded.warnings)


def test_one_whose_hooks_are_no_plain_functions() -> None:
    loaded = read("gunicorn_hooks.py")
    hooks = loaded.settings.hooks

    assert {
        "workers": 3,
        "worker_class": "gthread",
        "threads": 4,
        "hooks": [
            "on_exit",
            "on_starting",
            "post_fork",
            "post_request",
            "pre_request",
            "when_ready",
            "worker_exit",
        ],
    } == given(loaded)
    assert "shop.hooks:when_ready" == hooks["when_ready"]
    assert [] == told(loaded.warnings)
    lines: list[str] = []

    class Server:
        pid, num_workers, address = 1, 3, ["127.0.0.1:8000"]
        log = type("Log", (), {"info": lambda _, text, *values: lines.append(text % values)})()

    hooks["on_starting"](Server)
    hooks["worker_exit"](Server, type("Worker", (), {"pid": 2}))

    assert ["starting: pid 1, 3 workers at ['127.0.0.1:8000']", "worker 2 left"] == lines


def test_one_that_counts_the_processors() -> None:
    loaded = read("gunicorn_cpus.py")

    assert {
        "bind": ("0.0.0.0:8000", "[::]:8000"),
        "workers": multiprocessing.cpu_count() * 2 + 1,
        "worker_class": "gevent",
        "worker_connections": 2000,
        "threads": 8,
        "max_requests": 1000,
        "max_requests_jitter": 50,
        "timeout": 30.0,
        "keepalive": 2.0,
        "accesslog": "-",
        "errorlog": "-",
        "preload_app": True,
    } == given(loaded)
    assert [
        (
            "gunicorn_cpus.py:7:11",
            '`threads = 8` needs worker_class "sync" or "gthread", but worker_class is "gevent"',
            "",
        )
    ] == told(loaded.warnings)


def test_one_that_ends_tls() -> None:
    loaded = read("gunicorn_tls.py")

    assert {
        "bind": ("0.0.0.0:8443",),
        "certfile": "/etc/ssl/shop/cert.pem",
        "keyfile": "/etc/ssl/shop/key.pem",
        "ca_certs": "/etc/ssl/clients.pem",
        "cert_reqs": "required",
        "ciphers": "ECDHE+AESGCM",
    } == given(loaded)
    assert [
        (
            "gunicorn_tls.py:12:1",
            "`ssl_version` is a setting of gunicorn's that has no use here",
            "use `tls_minimum`",
        ),
        (
            "gunicorn_tls.py:13:1",
            "`do_handshake_on_connect` is a setting of gunicorn's that has no use here",
            "handshakes never hold a worker up; `header_timeout` bounds them",
        ),
    ] == told(loaded.warnings)


def test_one_that_is_measured() -> None:
    loaded = read("gunicorn_statsd.py")

    assert {
        "statsd_host": "localhost:8125",
        "statsd_prefix": "shop.web",
        "dogstatsd_tags": "env:production,team:shop",
        "syslog": True,
        "syslog_addr": "unix:///dev/log#dgram",
        "syslog_facility": "local3",
    } == given(loaded)
    assert [
        (
            "gunicorn_statsd.py:9:1",
            "`enable_backlog_metric` is a setting of gunicorn's that has no use here",
            "there is no such metric",
        )
    ] == told(loaded.warnings)


def test_one_with_secrets() -> None:
    loaded = read("gunicorn_environment.py")

    assert {
        "env": {
            "DJANGO_SETTINGS_MODULE": "shop.settings",
            "DATABASE_URL": "postgres://shop:hunter2@db/shop",
            "LANG": "C",
            "TZ": "C",
        },
        "hooks": ["on_starting"],
    } == given(loaded)
    assert [] == told(loaded.warnings)


def test_a_secret_that_others_can_read_is_told_without_it(files: Path) -> None:
    (files / "gunicorn_environment.py").chmod(0o644)
    (warning,) = (one for one in read("gunicorn_environment.py").warnings if one.code == "exposed-secret")

    assert "`DATABASE_URL` in `env` is a secret in a file that others can read (mode 0644)" == warning.message
    assert "gunicorn_environment.py:12:5" == str(warning.labels[0].where)
    assert "hunter2" not in str(warning)


def test_one_of_a_django_project(files: Path) -> None:
    loaded = read("gunicorn_django.py")

    assert {
        "app": "shop.wsgi:application",
        "chdir": str(files),
        "pythonpath": ("src",),
        "bind": ("unix:/run/gunicorn.sock",),
        "user": "www-data",
        "group": 33,
        "pidfile": "/run/gunicorn.pid",
        "umask": 0o007,
        "workers": 3,
        "timeout": 60.0,
        "graceful_timeout": 60.0,
        "reload": False,
        "reload_extra_files": ("templates/base.html",),
    } == given(loaded)
    assert [
        (
            "gunicorn_django.py:19:1",
            "`control_socket_disable` is a setting of gunicorn's that has no use here",
            "there is no control socket unless somebody asks for one",
        ),
        ("gunicorn_django.py:18:22", "`reload_extra_files` has no effect without `reload`", ""),
    ] == told(loaded.warnings)
    assert "gunicorn_django.py:12:15" == str(loaded.where("user"))
    assert "gunicorn_django.py:12:27" == str(loaded.where("group"))
    assert "shop.settings.production" == os.environ["DJANGO_SETTINGS_MODULE"]
    assert str(files / "src") in sys.path, "what the file adds stays, for the application"


def test_one_with_a_logger_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, "gunicorn")
    install(monkeypatch, "gunicorn.glogging", Logger=type("Logger", (), {}))
    loaded = read("gunicorn_logger.py")

    assert {"workers": 2} == given(loaded)
    assert [
        (
            "gunicorn_logger.py:12:1",
            "`logger_class` is a setting of gunicorn's that has no use here",
            "use `logconfig_dict`",
        )
    ] == told(loaded.warnings)


def test_one_that_hides_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody may believe that the header is another one, and it is not."""
    install(monkeypatch, "gunicorn")
    loaded = read("gunicorn_header.py")

    assert {"workers": 2} == given(loaded)
    assert [
        (
            "gunicorn_header.py:3:1",
            "`gunicorn.SERVER_SOFTWARE` has no effect here",
            "use --server-header or WSGID_SERVER_HEADER",
        )
    ] == told(loaded.warnings)
    uninstall(monkeypatch, "gunicorn")
    ((where, _, note),) = refused("gunicorn_header.py")
    assert ("gunicorn_header.py:1:1", NOT_NEEDED) == (where, note)


def test_one_that_needs_gunicorn_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    uninstall(monkeypatch, "gunicorn")

    assert [
        (
            "gunicorn_logger.py:1:1",
            "this file cannot be run",
            NOT_INSTALLED,
        )
    ] == refused("gunicorn_logger.py")


def test_one_with_a_class_made_from_uvicorns(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, "uvicorn_worker", UvicornWorker=_worker_class("uvicorn_worker", "UvicornWorker"))

    assert [
        (
            "gunicorn_subclass.py:8:16",
            "invalid value for `worker_class`",
            MADE_FROM_ANOTHER,
        )
    ] == refused("gunicorn_subclass.py")


def test_one_with_slips_is_served_and_told_of_them() -> None:
    loaded = read("gunicorn_slips.py")

    def unknown(place: str, name: str, meant: str) -> Told:
        message = f"unknown setting `{name}`, which nothing in this file reads"
        return f"gunicorn_slips.py:{place}", message, f"did you mean `{meant}`?"

    assert {} == given(loaded)
    assert [
        unknown("2:1", "TIMEOUT", "timeout"),
        unknown("3:1", "tiemout", "timeout"),
        unknown("4:1", "worker", "workers"),
        unknown("5:1", "log_level", "loglevel"),
        ("gunicorn_slips.py:6:1", "`threads:` gives `threads` no value", "write `threads = 4`"),
        unknown("12:5", "post_fork_", "post_fork"),
        unknown("16:5", "post_frok", "post_fork"),
    ] == told(loaded.warnings)


def test_one_that_shares_settings_with_others() -> None:
    loaded = read("gunicorn_shared.py")

    assert {
        "workers": 3,
        "bind": ("127.0.0.1:9001",),
        "backlog": 64,
        "keepalive": 5.0,
        "timeout": 40.0,
        "threads": 2,
    } == given(loaded)
    assert [] == told(loaded.warnings)
    assert {
        "bind": "gunicorn_shared.py:4:1",
        "backlog": "gunicorn_shared.py:6:1",
        "keepalive": "gunicorn_shared.py:8:5",
        "workers": "gunicorn_shared.py:9:12",
        "timeout": "gunicorn_shared.py:11:15",
        "threads": "gunicorn_shared.py:15:15",
    } == {name: str(loaded.where(name)) for name in loaded.history}


def _worker_class(module: str, name: str) -> type:
    return type(name, (), {"__module__": module})


class _Without:
    """Finds nothing under a name, as where it is not installed."""

    def __init__(self, name: str) -> None:
        self.name = name

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name.partition(".")[0] == self.name:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
