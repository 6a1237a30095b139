"""Secrets that are kept elsewhere: read at the end of a load, and who can read the others is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wsgid.config.diagnostics import Mistakes
from wsgid.config.load import Loaded, load

if TYPE_CHECKING:
    from pathlib import Path

CHECK = "--check-config"


@pytest.fixture
def credentials(tmp_path: Path) -> dict[str, str]:
    directory = tmp_path / "credentials"
    directory.mkdir()
    (directory / "db").write_text("s3cret\n")
    (directory / "tls").write_text("key")
    return {"CREDENTIALS_DIRECTORY": str(directory)}


def start(directory: Path, text: str, environ: dict[str, str], *argv: str, **call: Any) -> Loaded:
    (directory / "wsgid.toml").write_text(text)
    (directory / "wsgid.toml").chmod(0o640)
    return load(argv, environ, str(directory), call)


def test_a_secret_is_read_where_it_is_kept(tmp_path: Path, credentials: dict[str, str]) -> None:
    text = f"""
keyfile_password = {{ credential = "tls" }}
[env]
A = {{ credential = "db" }}
B = {{ file = "{tmp_path}/credentials/db" }}
C = "x"
"""
    loaded = start(tmp_path, text, credentials, CHECK)

    assert {"A": "s3cret", "B": "s3cret", "C": "x"} == loaded.settings.env
    assert "key" == loaded.settings.keyfile_password.reveal()  # type: ignore[union-attr]  # it is there
    assert "s3cret" not in f"{loaded.settings.keyfile_password!r}{loaded.history}"


def test_what_is_shadowed_need_not_be_there(tmp_path: Path) -> None:
    text = '[env]\nA = { file = "/none" }\nB = { file = "/none" }\n'
    loaded = start(tmp_path, text, {"WSGID_ENV": "A=1"}, CHECK, env={"B": "2"})

    assert {"A": "1", "B": "2"} == loaded.settings.env


def test_a_check_by_hand_has_no_credentials_and_a_start_must_have_them(tmp_path: Path) -> None:
    """They are passed to the service alone: whoever checks its file has done nothing wrong."""
    text = '[env]\nA = { credential = "db" }\nB = "x"\n'
    loaded = start(tmp_path, text, {}, CHECK)

    assert {"B": "x"} == loaded.settings.env
    assert () == loaded.warnings
    assert ("`A` in `env` is not looked at: systemd passes credentials to the service alone",) == loaded.notes
    with pytest.raises(Mistakes, match=r"the secret of `A` in `env` cannot be read"):
        start(tmp_path, text, {})


def test_a_secret_that_is_kept_elsewhere_may_stand_in_a_file_that_all_can_read(
    tmp_path: Path, credentials: dict[str, str]
) -> None:
    text = '[env]\nPASSWORD = { credential = "db" }\nHOST = "db1"\n'
    start(tmp_path, text, credentials, CHECK)
    (tmp_path / "wsgid.toml").chmod(0o644)

    assert () == load([CHECK], credentials, str(tmp_path)).warnings
