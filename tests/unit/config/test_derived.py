"""What a setting is where nobody has given it, and its default is no fixed value."""

from __future__ import annotations

import pytest

from wsgid.config.derived import derive


@pytest.mark.parametrize(
    ("given", "environ", "name", "value"),
    [
        ({"umask": 0o027}, {}, "socket_mode", 0o640),
        ({"umask": 0}, {}, "socket_mode", 0o666),
        ({"umask": 0o027, "socket_mode": 0o600}, {}, "socket_mode", 0o600),
        ({"umask": None}, {}, "socket_mode", None),
        ({}, {}, "upgrade", "manual"),
        ({}, {"NOTIFY_SOCKET": "/run/x"}, "upgrade", "auto"),
        ({"upgrade": "manual"}, {"NOTIFY_SOCKET": "/run/x"}, "upgrade", "manual"),
        ({}, {}, "control_socket", None),
        ({"pidfile": "/run/a.pid"}, {}, "control_socket", "/run/a.pid.control"),
        (
            {"pidfile": "/run/a.pid"},
            {"RUNTIME_DIRECTORY": "/run/a:/run/b"},
            "control_socket",
            "/run/a/control",
        ),
        ({"pidfile": "/" + "x" * 96}, {}, "control_socket", "/" + "x" * 96 + ".control"),
        ({"pidfile": "/" + "x" * 97}, {}, "control_socket", None),
        ({"control_socket": "/c"}, {"RUNTIME_DIRECTORY": "/run/a"}, "control_socket", "/c"),
    ],
)
def test_what_was_not_given_follows_from_what_was(
    given: dict[str, object], environ: dict[str, str], name: str, value: object
) -> None:
    assert value == derive(given, environ).get(name)
