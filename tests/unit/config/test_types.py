"""What a person writes, and the plain value that it becomes."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from wsgid.config.secrets import Secret, SecretSource
from wsgid.config.settings import Settings
from wsgid.config.types import AUTO_WORKERS

if TYPE_CHECKING:
    from wsgid.config.layers import Style


def read(name: str, value: object, style: Style = "typed") -> Any:
    given = Settings.model_validate({name: value}, strict=style == "typed", context={"style": style})
    return getattr(given, name)


@pytest.mark.parametrize(
    ("name", "written", "value"),
    [
        ("timeout", 30, 30.0),
        ("timeout", 0.5, 0.5),
        ("timeout", "30s", 30.0),
        ("timeout", "1.5s", 1.5),
        ("timeout", "500ms", 0.5),
        ("timeout", "5m", 300.0),
        ("timeout", "1h", 3600.0),
        ("limit_request_body", 10, 10),
        ("limit_request_body", "64K", 65_536),
        ("limit_request_body", "10m", 10 * 2**20),
        ("limit_request_body", "1G", 2**30),
        ("workers", "auto", AUTO_WORKERS),
        ("workers", 3, 3),
        ("bind", ["127.0.0.1:0", "unix:/run/x"], ("127.0.0.1:0", "unix:/run/x")),
        ("worker_class", "threads", "gthread"),
        ("worker_class", "my.package:Class", "my.package:Class"),
        ("accesslog", "", None),
        ("accesslog", "-", "-"),
        ("forwarded_allow_ips", ["*", "10.0.0.0/8", "::1"], ("*", "10.0.0.0/8", "::1")),
        ("server_header", "", ""),
        ("server_header", "a b/1 é", "a b/1 é"),
        ("env", {"A": "b"}, {"A": "b"}),
        ("env", ["A=b", "C=d=e"], {"A": "b", "C": "d=e"}),
        ("env", {"A": {"file": "/run/a"}}, {"A": SecretSource("file", "/run/a")}),
        ("paste_global", [r"a\=b=c\=d"], {"a=b": "c=d"}),
        ("keyfile_password", "x", Secret("x")),
        ("keyfile_password", {"credential": "key"}, SecretSource("credential", "key")),
        ("keyfile_password", "", None),
        ("umask", "022", 0o022),
        ("umask", "0o027", 0o027),
        ("umask", "0", 0),
        ("umask", 0o022, 0o022),
        ("umask", "", None),
        ("socket_mode", "0666", 0o666),
        ("user", "www-data", "www-data"),
        ("user", "EXAMPLE\\jane@example.com", "EXAMPLE\\jane@example.com"),
        ("user", "1000", 1000),
        ("group", 0, 0),
        ("group", "", None),
        ("proxy_protocol", True, "auto"),
        ("proxy_protocol", False, "off"),
        ("proxy_protocol", "v2", "v2"),
        ("proxy_headers", False, "off"),
        ("asgi_lifespan", True, "on"),
        ("asgi_lifespan", False, "off"),
        ("cert_reqs", 2, "required"),
        ("cert_reqs", ssl.CERT_OPTIONAL, "optional"),
        ("cert_reqs", "none", "none"),
        ("tls_minimum", 1.3, "1.3"),
        ("upgrade", "", None),
        ("syslog_addr", "unix:///dev/log#dgram", "unix:///dev/log#dgram"),
        ("syslog_addr", "udp://[::1]:514", "udp://[::1]:514"),
        ("syslog_addr", "tcp://loghost", "tcp://loghost"),
        ("syslog_facility", "local7", "local7"),
        ("statsd_host", "localhost:8125", "localhost:8125"),
        ("statsd_host", "unix:///run/statsd.sock", "unix:///run/statsd.sock"),
        ("statsd_host", "unix:8125", "unix:8125"),  # a host of that name, as in gunicorn
        ("bind", ["fd://3", "systemd:web", "systemd:*"], ("fd://3", "systemd:web", "systemd:*")),
        ("access_log_skip", ["/healthz", "*.ico"], ("/healthz", "*.ico")),
        ("forwarder_headers", ["remote-user"], ("REMOTE_USER",)),
        ("hooks", {"post_fork": "my.hooks:after_fork"}, {"post_fork": "my.hooks:after_fork"}),
        ("hooks", {"on_exit": print}, {"on_exit": print}),
        ("logconfig_dict", {"loggers": {"a": {}}}, {"loggers": {"a": {}}}),
    ],
)
def test_what_is_written_is_read(name: str, written: object, value: object) -> None:
    assert value == read(name, written)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("timeout", "30", 30.0),
        ("timeout", "1.5", 1.5),
        ("workers", "4", 4),
        ("limit_request_line", "0", 0),
        ("sendfile", "no", False),
        ("sendfile", "on", True),
        ("reuse_port", "1", True),
        ("loglevel", "INFO", "info"),
        ("proxy_protocol", "true", "auto"),
        ("proxy_headers", "false", "off"),
        ("cert_reqs", "2", "required"),
    ],
)
def test_text_is_read_leniently_and_a_file_is_not(name: str, text: str, value: object) -> None:
    assert value == read(name, text, "text")
    with pytest.raises(ValidationError):
        read(name, text)


@pytest.mark.parametrize(
    ("name", "written", "value"),
    [
        ("workers", "4", 4),
        ("timeout", "120", 120.0),
        ("loglevel", "INFO", "info"),
        ("preload_app", "True", True),
        ("umask", 0, 0),
        ("env", "A=b", {"A": "b"}),
        ("hooks", {"post_fork": "my.hooks.after_fork"}, {"post_fork": "my.hooks:after_fork"}),
    ],
)
def test_a_file_of_gunicorns_is_read_as_gunicorn_reads_it(name: str, written: object, value: object) -> None:
    assert value == read(name, written, "gunicorn")


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("timeout", -1),
        ("timeout", float("inf")),
        ("timeout", float("nan")),
        ("timeout", 1e9),
        ("timeout", True),
        ("timeout", "30 s"),
        ("timeout", "30x"),
        ("timeout", "-3s"),
        ("header_timeout", 0),
        ("limit_request_body", 1.5),
        ("limit_request_body", "1.5K"),
        ("limit_request_body", "1T"),
        ("limit_request_fields", 0),
        ("workers", 0),
        ("workers", True),
        ("workers", 100_000),
        ("workers", "many"),
        ("threads", 0),
        ("threads", 1000),
        ("backlog", 0),
        ("bind", []),
        ("bind", "127.0.0.1:8000"),
        ("bind", ["8000"]),
        ("bind", [8000]),
        ("worker_class", "gevnt"),
        ("worker_class", "a:"),
        ("worker_class", "a b:c"),
        ("loglevel", "INFO"),
        ("header_map", "keep"),
        ("forwarded_allow_ips", ["10.0.0.1/8"]),
        ("forwarded_allow_ips", ["localhost"]),
        ("server_header", "a\r\nSet-Cookie: b"),
        ("server_header", " a"),
        ("server_header", "\u20ac"),
        ("env", {"A=B": "c"}),
        ("env", {"": "c"}),
        ("env", {"A": "\0"}),
        ("env", {"A": 1}),
        ("env", ["A"]),
        ("env", "A=b"),
        ("env", {"A": {"credential": "a", "file": "/b"}}),
        ("env", {"A": {}}),
        ("keyfile_password", 5),
        ("keyfile_password", {"credential": "../a"}),
        ("keyfile_password", {"file": "a"}),
        ("umask", "22"),
        ("umask", "018"),
        ("umask", "0o"),
        ("umask", "01000"),
        ("umask", True),
        ("socket_mode", -1),
        ("socket_mode", ""),
        ("user", True),
        ("user", -1),
        ("user", 2**32 - 1),
        ("user", "two words"),
        ("user", "-x"),
        ("proxy_headers", True),
        ("proxy_protocol", 1),
        ("asgi_lifespan", "maybe"),
        ("cert_reqs", 3),
        ("cert_reqs", True),
        ("tls_minimum", 1.1),
        ("upgrade", "later"),
        ("syslog_addr", "localhost"),
        ("syslog_addr", "udp://localhost:x"),
        ("syslog_addr", "unix://dev/log"),
        ("syslog_addr", "unix:///dev/log#both"),
        ("syslog_facility", "local8"),
        ("statsd_host", "unix://statsd.sock"),
        ("statsd_host", "localhost:metrics"),
        ("bind", ["fd://x"]),
        ("bind", ["systemd:a:b"]),
        ("bind", ["systemd:"]),
        ("access_log_skip", ["healthz"]),
        ("forwarder_headers", ["A B"]),
        ("secure_scheme_headers", {"X Y": "on"}),
        ("hooks", {"post_frok": "a:b"}),
        ("hooks", {"post_fork": "a.b"}),
        ("hooks", {"post_fork": 1}),
        ("logconfig_dict", {"version": 2}),
        ("preload_app", 1),
        ("chdir", "/\0"),
        ("app", ""),
        ("errorlog", None),
    ],
)
def test_what_is_wrong_is_refused(name: str, written: object) -> None:
    with pytest.raises(ValidationError):
        read(name, written)
