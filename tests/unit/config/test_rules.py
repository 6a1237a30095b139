"""What settings say to one another, where the corpus of mistakes has no row: what is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wsgid.config import rules
from wsgid.config.diagnostics import Mistakes
from wsgid.config.load import load

if TYPE_CHECKING:
    from pathlib import Path

    from wsgid.config.diagnostics import Diagnostic


def warnings(directory: Path, environ: dict[str, str] | None = None, **call: Any) -> list[Diagnostic]:
    loaded = load(["--check-config"], environ or {}, str(directory), call)
    return list(loaded.warnings)


@pytest.mark.parametrize(
    "settings",
    [
        {"worker_class": "gthread", "threads": 8},
        {"worker_class": "asgi", "threads": 1},
        {"worker_class": "my.servers:Own", "threads": 8, "header_timeout": 3},
        {"certfile": "both.pem"},
        {"certfile": "a.pem", "cert_reqs": "required", "ca_certs": "ca.pem"},
        {"certfile": "a.pem", "cert_reqs": "required", "hooks": {"ssl_context": "shop:context"}},
        {"worker_class": "gevent", "request_buffering": False},
        {"accesslog": "one.log", "errorlog": "one.log"},
        {"accesslog": "-", "errorlog": "-"},
        {"bind": ["127.0.0.1:0", "127.0.0.1:0"]},
        {"bind": ["unix:@x"], "pidfile": "@x"},
        {"bind": ["unix:x"], "socket_mode": "0600"},
        {"bind": ["systemd:web", "unix:x"], "socket_user": "www-data"},
        {"access_log_skip": ["/healthz"], "logconfig_json": "logging.json"},
        {"access_log_skip": ["/healthz"], "logconfig": "logging.ini"},
        {"syslog_prefix": "shop", "syslog": True},
        {"max_requests": 100, "max_requests_jitter": 10},
        {"max_requests_jitter": 0},
        {"daemon": True},
        {"reload": True, "preload_app": True, "reload_engine": "poll"},
        {"timeout": 30, "request_timeout": 10, "graceful_timeout": 5},
        {"user": "www-data", "initgroups": True},
    ],
)
def test_what_goes_together_is_no_mistake(tmp_path: Path, settings: dict[str, Any]) -> None:
    assert [] == warnings(tmp_path, **settings)


def test_every_default_goes_with_every_kind(tmp_path: Path) -> None:
    """A rule that speaks of what nobody has given would be noise in every log."""
    for kind in ("sync", "gthread", "gevent", "tornado", "asgi"):
        assert [] == warnings(tmp_path, worker_class=kind)


def test_one_path_is_the_same_from_the_start_directory_on(tmp_path: Path) -> None:
    """The arbiter writes these files, and never enters the application's directory."""
    elsewhere: dict[str, Any] = {"chdir": str(tmp_path / "app"), "pidfile": "x"}
    assert [] == warnings(tmp_path, **elsewhere, errorlog=str(tmp_path / "app" / "x"))
    with pytest.raises(Mistakes, match="`pidfile` and `errorlog` are the same path"):
        warnings(tmp_path, **elsewhere, errorlog=str(tmp_path / "x"))


def test_a_pidfile_that_leaves_no_room_for_a_control_socket_is_a_warning(tmp_path: Path) -> None:
    """It is nobody's wish, so the server serves without; whoever wants one says where."""
    (warning,) = warnings(tmp_path, pidfile="x" * 120)

    assert warning.message == "there is no control socket: PIDFILE.control is longer than the kernel takes"
    assert [] == warnings(tmp_path, pidfile="x" * 120, control_socket="control")


def test_eventlet_is_said_to_be_retired_and_what_to_take_instead(tmp_path: Path) -> None:
    (warning,) = warnings(tmp_path, worker_class="eventlet")

    assert 'most applications for it run with worker_class "gevent"' in warning.message


def test_kind_whose_package_is_missing_ends_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what to install, and not in the first worker with a traceback."""
    monkeypatch.setattr(rules, "missing_package", lambda kind: kind)
    with pytest.raises(Mistakes, match=r"needs the package gevent.*`pip install gevent`"):
        warnings(tmp_path, worker_class="gevent")


def test_a_variable_of_the_platform_is_nobodys_mistake(tmp_path: Path) -> None:
    """It is set for all services alike, and not by whoever chose the worker class."""
    assert [] == warnings(
        tmp_path, {"FORWARDED_ALLOW_IPS": "*", "PORT": "80", "WEB_CONCURRENCY": "2"}, worker_class="asgi"
    )


def test_paths_are_compared_where_they_will_be(tmp_path: Path) -> None:
    with pytest.raises(Mistakes, match="`pidfile` and `errorlog` are the same path"):
        warnings(tmp_path, chdir=tmp_path, pidfile=f"{tmp_path}/run/../x", errorlog="x")


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ('worker_class = "tornado"', {"threads": 8, "worker_class": "gthraed"}),
        ("certfile = 1", {"keyfile": "key.pem", "ciphers": "HIGH"}),
        ("ca_certs = 1", {"certfile": "a.pem", "cert_reqs": "required"}),
        ("bind = 1", {"socket_mode": "0600"}),
        ("[hooks]\nssl_context = 1", {"certfile": "a.pem", "cert_reqs": "required"}),
        ("certfile = 1", {"hooks": {"ssl_context": "shop:context"}}),
        ('certfle = "a.pem"', {"keyfile": "key.pem"}),
        ("certfile = a.pem", {"keyfile": "key.pem"}),
        ("[env]\nmax_requests = 100", {"max_requests_jitter": 5}),
        ("a syntax error", {"keyfile": "key.pem", "max_requests_jitter": 5}),
    ],
)
def test_nothing_is_said_that_hangs_on_a_value_that_cannot_be_read(
    tmp_path: Path, text: str, call: dict[str, Any]
) -> None:
    """When that is mended, the conflict may be gone: whoever has one mistake is told of one."""
    (tmp_path / "wsgid.toml").write_text(text)
    with pytest.raises(Mistakes) as caught:
        warnings(tmp_path, **call)

    assert 1 == len(caught.value.diagnostics)
