"""Secrets: never shown, and read where they are kept."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from wsgid.config.secrets import LARGEST_BYTES, Secret, SecretSource, looks_secret
from wsgid.config.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


def test_a_secret_shows_itself_to_nobody() -> None:
    settings = Settings.model_validate({"keyfile_password": "hunter2", "env": {"KEY": "hunter2"}})

    assert "hunter2" not in f"{settings} {settings!r} {settings.keyfile_password}"
    assert settings.keyfile_password is not None
    assert "hunter2" == settings.keyfile_password.reveal()


def test_secrets_are_compared_as_what_they_are() -> None:
    """A reload tells what has changed, without telling what it was."""
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"a", "a"),
        (b"a\n", "a"),
        (b"a\r\n", "a"),
        (b" a \n\n", " a \n"),
        (b"", ""),
        ("\u20ac".encode(), "\u20ac"),
    ],
)
def test_what_a_file_says_is_the_secret_less_one_line_end(tmp_path: Path, octets: bytes, text: str) -> None:
    (tmp_path / "key").write_bytes(octets)

    assert text == SecretSource("file", f"{tmp_path}/key").read({})
    assert text == SecretSource("credential", "key").read({"CREDENTIALS_DIRECTORY": str(tmp_path)})


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"\xff", "is not UTF-8"),
        (b"a\0b", "has a NUL in it"),
        (b"a" * (LARGEST_BYTES + 1), "larger than 1 MB"),
    ],
)
def test_what_is_no_text_is_no_secret(tmp_path: Path, octets: bytes, why: str) -> None:
    (tmp_path / "key").write_bytes(octets)

    with pytest.raises(ValueError, match=why):
        SecretSource("file", f"{tmp_path}/key").read({})


def test_what_is_not_there_is_told_with_what_helps(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("x")
    passed = {"CREDENTIALS_DIRECTORY": str(tmp_path)}

    assert f"there is no file {tmp_path}/key" == why(SecretSource("file", f"{tmp_path}/key"), {})
    assert (
        "systemd passes no credential `key` (it passes other); the unit wants `LoadCredential=key:/path`"
    ) == why(SecretSource("credential", "key"), passed)
    assert why(SecretSource("credential", "key"), {}).startswith("systemd has passed no credentials")


def test_a_pipe_that_nobody_writes_to_holds_nothing_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "key")

    assert f"{tmp_path}/key is no file" == why(SecretSource("file", f"{tmp_path}/key"), {})


@pytest.mark.parametrize(
    "written",
    [{"file": "hunter2"}, {"credential": "hunter2/"}, {"password": "hunter2"}, {"file": ["hunter2"]}],
)
def test_a_secret_that_stands_in_the_wrong_place_is_not_quoted(written: object) -> None:
    """Pydantic's own message would quote it; ours are made of the error's text alone."""
    for name, value in (("keyfile_password", written), ("env", {"A": written}), ("env", ["hunter2"])):
        with pytest.raises(ValidationError) as caught:
            Settings.model_validate({name: value})

        assert not [error for error in caught.value.errors() if "hunter2" in error["msg"]]


@pytest.mark.parametrize(
    ("name", "value", "is_secret"),
    [
        ("DB_PASSWORD", "x", True),
        ("SECRET_KEY", "x", True),
        ("STRIPE_API_KEY", "x", True),
        ("GITHUB_TOKEN", "x", True),
        ("DATABASE_URL", "postgres://shop:x@db/shop", True),
        ("CELERY_BROKER", "redis://:x@cache:6379/0", True),
        ("DATABASE_URL", "postgres://shop@db/shop", False),
        ("DJANGO_SETTINGS_MODULE", "shop.settings", False),
        ("ENVIRONMENT", "production", False),
        ("CACHE_KEY_PREFIX", "shop", False),
    ],
)
def test_a_variable_looks_secret_by_its_name_or_its_value(name: str, value: str, *, is_secret: bool) -> None:
    assert is_secret == looks_secret(name, value)


def why(source: SecretSource, environ: dict[str, str]) -> str:
    with pytest.raises(ValueError) as caught:
        source.read(environ)
    return str(caught.value)
