"""A wait status in words."""

from __future__ import annotations

import signal

import pytest

from wsgid.arbiter.spawn import Exit, describe

CORE = 0x80


def exited(status: int) -> int:
    return status << 8


@pytest.mark.parametrize(
    ("text", "wait_status"),
    [
        ("exit status 0", exited(0)),
        ("exit status 255", exited(255)),
        ("killed by SIGSEGV", signal.SIGSEGV),
        ("killed by SIGSEGV (core dumped)", signal.SIGSEGV | CORE),
        ("killed by signal 40", 40),
    ],
)
def test_every_status_has_its_words(text: str, wait_status: int) -> None:
    assert text == describe(1, wait_status).text


def test_what_back_off_and_words_ask_of_it() -> None:
    assert Exit(1, "exit status 0", is_clean=True, is_killed=False, is_from_outside=False) == describe(
        1, exited(0)
    )
    assert Exit(1, "killed by SIGKILL", is_clean=False, is_killed=True, is_from_outside=True) == describe(
        1, signal.SIGKILL
    )


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGALRM])
def test_what_a_program_does_to_itself_is_not_from_outside(number: int) -> None:
    assert not describe(1, number).is_from_outside


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGKILL])
def test_what_an_administrator_sends_is_from_outside(number: int) -> None:
    assert describe(1, number).is_from_outside
