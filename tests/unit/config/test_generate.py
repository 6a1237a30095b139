"""The generated option table is what the model says."""

from __future__ import annotations

from wsgid.config.generate import TABLE, option, table


def test_the_option_table_is_fresh() -> None:
    """If this fails: `python -m wsgid.config.generate`."""
    assert TABLE.read_text(encoding="utf-8") == table()


def test_defaults_stand_as_a_person_would_write_them() -> None:
    assert {
        "workers": "1",
        "bind": "127.0.0.1:8000",
        "timeout": "30s",
        "limit_request_body": "1G",
        "limit_request_line": "8190",
        "body_memory": "64K",
        "sendfile": "on",
        "reuse_port": "off",
        "accesslog": "",
        "env": "",
        "max_requests": "0",
        "forwarded_allow_ips": "127.0.0.1,::1",
    } == {
        name: option(name).default
        for name in (
            "workers",
            "bind",
            "timeout",
            "limit_request_body",
            "limit_request_line",
            "body_memory",
            "sendfile",
            "reuse_port",
            "accesslog",
            "env",
            "max_requests",
            "forwarded_allow_ips",
        )
    }
