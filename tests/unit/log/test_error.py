"""The error log: gunicorn's form, its own logger, nothing left behind."""

from __future__ import annotations

import json
import logging
import os
import re
from typing import TYPE_CHECKING

from wsgid.log.error import make_error_log

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from wsgid.log.error import ErrorLog


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


def failed_by(log: ErrorLog) -> None:
    try:
        int("bad\nnews")
    except ValueError:
        log.logger.exception("it failed")


def test_the_journal_has_a_priority_on_every_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes each line for an entry, and one without a priority for information."""
    (tmp_path / "log").touch()
    status = (tmp_path / "log").stat()
    monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
    log = make_error_log(str(tmp_path / "log"), "debug")
    log.logger.debug("so far")
    log.logger.info("so good")
    log.logger.warning("well")
    failed_by(log)
    log.logger.critical("over")
    log.close()

    lines = (tmp_path / "log").read_text().splitlines()
    pid = f"[{os.getpid()}]"
    assert [f"<7>{pid} [DEBUG] so far", f"<6>{pid} [INFO] so good", f"<4>{pid} [WARNING] well"] == lines[:3]
    assert f"<3>{pid} [ERROR] it failed" == lines[3]
    assert [
        "<3>ValueError: invalid literal for int() with base 10: 'bad\\nnews'",
        f"<2>{pid} [CRITICAL] over",
    ] == lines[-2:]
    assert all(line.startswith("<3>") for line in lines[3:-1])


def test_a_log_elsewhere_than_in_the_journal_is_plain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "1:2")
    log = make_error_log(str(tmp_path / "log"))
    log.logger.info("so good")
    log.close()

    assert (tmp_path / "log").read_text().startswith("[")


def test_json_is_an_object_a_line_whatever_is_told(tmp_path: Path) -> None:
    log = make_error_log(str(tmp_path / "log"), form="json")
    log.logger.info('a "quoted"\nline: %s', "\udcff\u2028")
    failed_by(log)
    log.close()

    told, failed = map(json.loads, (tmp_path / "log").read_bytes().splitlines())
    assert ("info", os.getpid(), 'a "quoted"\nline: \udcff\u2028') == (
        told["level"],
        told["pid"],
        told["message"],
    )
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told["time"])
    assert failed["traceback"].endswith("'bad\\nnews'")


def test_lost_lines_are_told_when_there_is_room_again(tmp_path: Path) -> None:
    log = make_error_log("/dev/full")
    log.logger.info("lost")
    log.logger.info("lost too")
    log.move(str(tmp_path / "log"))
    log.logger.info("there")
    log.close()

    first, second = (tmp_path / "log").read_text().splitlines()
    assert first.endswith("[INFO] there")
    assert second.endswith("[WARNING] 2 lines of this log were lost: No space left on device")
