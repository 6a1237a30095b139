"""What is printed arrives, whatever the terminal can show."""

from __future__ import annotations

import io
import sys

import pytest
import tomli

from wsgid.cli.output import put


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_what_the_terminal_has_not_is_written_as_toml_has_it(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    octets = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(octets, encoding=encoding))
    put('proc_name = "ä € 😀"\n')

    assert {"proc_name": "ä € 😀"} == tomli.loads(octets.getvalue().decode(encoding))
