"""What a person writes, and the plain value that it becomes."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from wsgid.config.settings import Settings
from wsgid.config.types import AUTO_WORKERS


def read(name: str, value: object, *, is_text: bool = False) -> Any:
    return getattr(Settings.model_validate({name: value}, strict=not is_text), name)


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
    ],
)
def test_text_is_read_leniently_and_a_file_is_not(name: str, text: str, value: object) -> None:
    assert value == read(name, text, is_text=True)
    with pytest.raises(ValidationError):
        read(name, text)


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
        ("chdir", "/\0"),
        ("app", ""),
        ("errorlog", None),
    ],
)
def test_what_is_wrong_is_refused(name: str, written: object) -> None:
    with pytest.raises(ValidationError):
        read(name, written)
