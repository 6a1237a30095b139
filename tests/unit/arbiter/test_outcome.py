"""Whatever a configuration file has done to the probe, there is a line that says so."""

from __future__ import annotations

import json

import pytest

from wsgid.arbiter.outcome import Ended, Refusal, judge, refusal_of
from wsgid.config.diagnostics import Diagnostic, Label, Mistakes, Where
from wsgid.errors import AddressError, UsageError

TYPE = Diagnostic(
    "error",
    "wrong-type",
    "invalid value for `workers`",
    (Label(Where("file", "/etc/wsgid/shop.toml", 3, 11, 17, 'workers = "many"'), "expected an integer"),),
)
NAME = Diagnostic("error", "unknown-setting", "unknown setting `tiemout`")
WARNING = Diagnostic("warning", "deprecated", "no use here")
TYPE_LINE = "/etc/wsgid/shop.toml:3:11: error[wrong-type]: invalid value for `workers`: expected an integer"
NAME_LINE = "error[unknown-setting]: unknown setting `tiemout`"


def printed(*diagnostics: Diagnostic) -> bytes:
    return json.dumps(Mistakes("/etc/wsgid/shop.toml", diagnostics).to_json()).encode()


def ended(output: bytes, errors: bytes = b"", how: str = "exit status 78") -> Ended:
    return Ended(how, how == "exit status 0", output, errors)


def reason(what: Ended) -> str:
    refusal = judge(what)
    assert refusal is not None
    return refusal.reason


@pytest.mark.parametrize("diagnostics", [(), (WARNING,)])
def test_a_right_configuration_is_taken(diagnostics: tuple[Diagnostic, ...]) -> None:
    assert judge(ended(printed(*diagnostics), how="exit status 0")) is None


def test_each_mistake_is_a_line_and_all_of_them_are_counted() -> None:
    refusal = judge(ended(printed(TYPE, WARNING, NAME)))

    assert Refusal("/etc/wsgid/shop.toml: 2 errors, 1 warning", (TYPE_LINE, NAME_LINE)) == refusal


def test_status_tells_the_first_mistake_and_how_many_more() -> None:
    """`systemctl status` has one line for it."""
    assert f"{TYPE_LINE} (and 1 more)" == Refusal("2 errors", (TYPE_LINE, NAME_LINE)).first
    assert TYPE_LINE == Refusal("1 error", (TYPE_LINE,)).first
    assert "no result" == Refusal("no result").first


@pytest.mark.parametrize(
    "around",
    [
        b"%s",
        b"reading\n%s",
        b"reading ... %s",
        b'{"subject": "mine", "diagnostics": 5}\n%s',
        b"{\n" * 20 + b"\n%s",
        b"\xff\xfe\n%s\n",
        b"%s\nbye",
    ],
    ids=[
        "alone",
        "after text",
        "behind text",
        "after an object",
        "after braces",
        "after no UTF-8",
        "before text",
    ],
)
def test_what_a_file_prints_does_not_hide_the_result(around: bytes) -> None:
    refusal = judge(ended(around % printed(NAME)))

    assert refusal is not None
    assert (NAME_LINE,) == refusal.mistakes


@pytest.mark.parametrize(
    "output",
    [
        b"",
        b"done",
        b"{",
        b"{}",
        b'{"subject": "x"}',
        b'{"subject": "x", "diagnostics": [1]}',
        b'{"subject": "x", "diagnostics": [{"places": []}]}',
        b'{"subject": "x", "diagnostics": [{"severity":"error","code":"c","message":5,"places":[]}]}',
        b"{" + b'"a":{' * 5000,
        b"{\n" * 100_000,
        b'{"subject":' * 50_000,
    ],
)
@pytest.mark.parametrize("how", ["exit status 0", "exit status 78", "killed by SIGSEGV"])
def test_an_end_without_a_result_is_a_refusal(output: bytes, how: str) -> None:
    """A file that calls os._exit(0) has not been checked, whatever the status says."""
    assert f"the check of the configuration ended without a result, {how};" in reason(ended(output, how=how))


def test_last_words_on_standard_error_are_told() -> None:
    told = reason(ended(b"", b"1\n" * 100 + b"SystemExit: bye\n", "exit status 3"))

    assert told.endswith("\n  SystemExit: bye")
    assert 21 == len(told.splitlines())


def test_a_failed_check_without_mistakes_is_a_refusal() -> None:
    assert "the check of the configuration failed, exit status 1\n  why" == reason(
        ended(printed(), b"why", "exit status 1")
    )


def test_who_is_late_or_floods_is_refused_for_that() -> None:
    assert "was not read within boot_timeout (5 s)" in reason(
        Ended("killed by SIGKILL", is_clean=False, output=b"", errors=b"", late_s=5.0)
    )
    assert "prints without end: more than 4 MB" in reason(
        Ended("killed by SIGKILL", is_clean=False, output=b"", errors=b"", has_flooded=True)
    )


def test_what_is_raised_here_is_told_the_same_way() -> None:
    mistakes = Mistakes("/etc/wsgid/shop.toml", (TYPE, NAME))

    assert judge(ended(printed(TYPE, NAME))) == refusal_of(mistakes)
    assert Refusal("no option --x") == refusal_of(UsageError("wsgid: no option --x"))
    assert Refusal("cannot listen") == refusal_of(AddressError("cannot listen"))
