"""Whether an environment is this one, and why it can be none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wsgid.apps.virtualenv import command, is_here, why_not

if TYPE_CHECKING:
    from pathlib import Path


def make(path: Path, *names: str) -> Path:
    for name in names:
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        file.chmod(0o755)
    return path


def test_an_environment_is_known_by_its_directory_and_not_by_its_interpreter(tmp_path: Path) -> None:
    """The Pythons of two environments are links to one."""
    python = make(tmp_path / "usr", "bin/python") / "bin" / "python"
    here, other = (make(tmp_path / name, "pyvenv.cfg") for name in ("here", "other"))
    for one in (here, other):
        (one / "bin").mkdir()
        (one / "bin" / "python").symlink_to(python)
    (tmp_path / "link").symlink_to(here)

    assert is_here(str(tmp_path / "link"), str(here))
    assert not is_here(str(other), str(here))


def test_a_server_is_run_by_its_script() -> None:
    """With -m, a logging.py in the start directory would be taken for the library's."""
    assert ["/srv/shop/venv/bin/python", "/srv/shop/venv/bin/wsgid"] == command("/srv/shop/venv")


def test_what_is_missing_is_told_with_what_puts_it_there(tmp_path: Path) -> None:
    venv = make(tmp_path / "venv", "bin/python")

    assert (f"`{tmp_path}/no` is no virtual environment: there is no bin/python in it", "") == why_not(
        f"{tmp_path}/no"
    )
    assert (
        f"wsgid is not installed in `{venv}`",
        f"{venv}/bin/python -m pip install wsgid-server",
    ) == why_not(str(venv), f"{tmp_path}/usr/lib/wsgid")
    make(venv, "bin/wsgid")
    assert ("", "") == why_not(str(venv))


def test_an_installed_server_has_the_wheel_for_it_at_hand(tmp_path: Path) -> None:
    venv = make(tmp_path / "venv", "bin/python")
    share = make(tmp_path / "usr" / "share" / "wsgid", "wsgid_server-0.1.0-py3-none-any.whl")
    (tmp_path / "usr" / "lib" / "wsgid").mkdir(parents=True)
    _, remedy = why_not(str(venv), f"{tmp_path}/usr/lib/wsgid")

    assert f"{venv}/bin/python -m pip install {share}/wsgid_server-0.1.0-py3-none-any.whl" == remedy
