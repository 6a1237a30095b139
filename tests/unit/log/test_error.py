"""The error log: gunicorn's form, its own logger, nothing left behind."""

from __future__ import annotations

import logging
import os
import re
from typing import TYPE_CHECKING

from wsgid.log.error import make_error_log

if TYPE_CHECKING:
    from pathlib import Path


def test_a_line_looks_like_gunicorns(tmp_path: Path) -> None:
    log = make_error_log(str(tmp_path / "log"))
    log.logger.info("worker ready slot=%d", 2)
    log.close()

    text = (tmp_path / "log").read_text()
    assert re.fullmatch(
        rf"\[\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{{4}}\] \[{os.getpid()}\] \[INFO\] worker ready slot=2\n",
        text,
    )


def test_level_decides_what_is_written(tmp_path: Path) -> None:
    log = make_error_log(str(tmp_path / "log"), "error")
    log.logger.warning("one")
    log.set_level("warning")
    log.logger.warning("two")
    log.close()

    assert (tmp_path / "log").read_text().endswith("[WARNING] two\n")
    assert 1 == (tmp_path / "log").read_text().count("\n")


def test_what_cannot_be_encoded_is_named(tmp_path: Path) -> None:
    log = make_error_log(str(tmp_path / "log"))
    log.logger.info("a path: %s, \u00e9", "\udcff")
    log.close()

    assert (tmp_path / "log").read_bytes().endswith(b"a path: \\udcff, \xc3\xa9\n")


def test_closing_takes_the_handler_off(tmp_path: Path) -> None:
    """`wsgid.serve` may run twice in a process, and must not write each line twice."""
    before = list(logging.getLogger("wsgid.error").handlers)
    make_error_log(str(tmp_path / "log")).close()

    assert before == logging.getLogger("wsgid.error").handlers
