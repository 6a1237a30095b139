"""What is told of a start that failed, in a line."""

from __future__ import annotations

from wsgid.cli.last_words import in_a_line, listener
from wsgid.config.diagnostics import Diagnostic, Label, Mistakes, Where
from wsgid.errors import ApplicationError, UsageError


def test_the_first_mistake_stands_at_its_place() -> None:
    where = Where("file", "/etc/wsgid/shop.toml", 4, 1, 8, "tiemout = 3")
    warning = Diagnostic("warning", "deprecated", "old", (Label(where),))
    mistake = Diagnostic("error", "unknown-setting", "unknown setting `tiemout`", (Label(where),))

    assert "/etc/wsgid/shop.toml:4:1: error[unknown-setting]: unknown setting `tiemout`" == in_a_line(
        Mistakes("/etc/wsgid/shop.toml", (warning, mistake))
    )


def test_of_a_traceback_its_end_is_told() -> None:
    text = "application `a` cannot be imported:\nTraceback (most recent call last):\n  ...\nKeyError: 'HOME'"

    assert "application `a` cannot be imported: KeyError: 'HOME'" == in_a_line(ApplicationError(text))


def test_of_a_longer_message_its_beginning_is_told() -> None:
    error = UsageError("wsgid: there is no option --no-such\n`wsgid --help` lists the options.")

    assert "there is no option --no-such" == in_a_line(error)


def test_a_successor_leaves_the_word_to_its_predecessor() -> None:
    address = {"NOTIFY_SOCKET": "/run/notify"}

    assert ("/run/notify", "", "") == (
        listener(address),
        listener({**address, "WSGID_PREDECESSOR": "7"}),
        listener({}),
    )
