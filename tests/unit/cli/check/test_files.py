"""What is said of files and directories that cannot be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wsgid.cli.check.files import look_at_target
from wsgid.cli.check.tls import look_at_tls
from wsgid.config.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

# stat(2) refuses it, as it does one below a directory that is closed to us; and this one for root as well.
NO_NAME = "x" * 300


def test_a_directory_that_cannot_be_looked_at_is_not_there(tmp_path: Path) -> None:
    for name in ("pidfile", "accesslog", "errorlog", "control_socket"):
        (finding,) = look_at_target(name, str(tmp_path / NO_NAME / "file"))

        assert (name, f"there is no directory `{tmp_path / NO_NAME}`") == (finding.setting, finding.message)


def test_authorities_that_cannot_be_looked_at_cannot_be_read(tmp_path: Path) -> None:
    path = str(tmp_path / NO_NAME)
    (finding,) = look_at_tls(Settings(ca_certs=path))

    assert ("ca_certs", f"cannot read `{path}`: File name too long") == (finding.setting, finding.message)
