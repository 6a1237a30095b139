"""What people get wrong, and what they are told: every code, in every kind of source where it can occur.

The rows are data, a file for each code in corpus/. A row has `files`, `env`, `argv` and `call`, which are
given to a load in a directory of its own, and `told`: all that comes of it, each with severity and code
(`is`), `message`, and the places that it quotes: `place`, `column` where the place itself has none, what the
`caret` stands below, and the `note` beside that. What comes as a usage error has `usage`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import tomli

from wsgid.config.diagnostics import Diagnostic, Label, Mistakes
from wsgid.config.load import load
from wsgid.errors import UsageError

CORPUS = Path(__file__).with_name("corpus")
ROWS: list[tuple[str, dict[str, Any]]] = [
    (file.stem, row)
    for file in sorted(CORPUS.glob("*.toml"))
    for row in tomli.loads(file.read_text(encoding="utf-8"))["row"]
]

FILES = {"toml", "yaml", "python", "gunicorn", "ini"}
EVERYWHERE = FILES | {"environment", "WSGID_CMD_ARGS", "command line", "serve()"}
SOURCES = {
    "unknown-setting": EVERYWHERE,
    "wrong-type": EVERYWHERE,
    "out-of-range": EVERYWHERE,
    "invalid-value": EVERYWHERE,
    "conflict": EVERYWHERE,
    "deprecated": EVERYWHERE,
    # Of arguments the last one wins; in a file of gunicorn's no setting has two names.
    "duplicate-setting": EVERYWHERE - {"WSGID_CMD_ARGS", "command line", "gunicorn"},
    # Variables and arguments have none, but for the quotes in one variable.
    "syntax": FILES | {"WSGID_CMD_ARGS"},
    # Files, and what a source names; gunicorn knows no secrets that are kept elsewhere.
    "unreadable-file": (EVERYWHERE - {"gunicorn"}),
    # Of an application it is told where that is imported.
    "cannot-import": {"python", "gunicorn", "command line"},
    # An ini file has no secret, and who can read the others' texts is root.
    "exposed-secret": {"toml", "yaml", "python", "gunicorn"},
}


def come_of(row: dict[str, Any], directory: Path) -> str | tuple[Diagnostic, ...]:
    """Load what a row says, and return what is told; a usage error as its text."""
    for name, text in row.get("files", {}).items():
        file = directory / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        file.chmod(row.get("modes", {}).get(name, 0o600))
    argv = ["--check-config", *row.get("argv", [])]
    try:
        return load(argv, row.get("env", {}), str(directory), row.get("call"), directory="etc").warnings
    except Mistakes as error:
        return error.diagnostics
    except UsageError as error:
        return str(error)


def shown(label: Label) -> dict[str, object]:
    where = label.where
    caret = where.text[(where.column or 1) - 1 : (where.end or 1) - 1]
    column = where.column if where.kind != "file" else None
    told = {"place": str(where), "column": column, "caret": caret, "note": label.note}
    return {name: value for name, value in told.items() if value}


def told(diagnostic: Diagnostic) -> dict[str, object]:
    return {
        "is": f"{diagnostic.severity}[{diagnostic.code}]",
        "message": diagnostic.message,
        "at": [shown(label) for label in diagnostic.labels],
    }


@pytest.mark.parametrize(
    ("code", "row"), ROWS, ids=[f"{code}-{row['source']}-{index}" for index, (code, row) in enumerate(ROWS)]
)
def test_what_is_wrong_is_told_at_its_place(
    code: str, row: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = come_of(row, tmp_path)

    if isinstance(found, str):
        assert row["usage"] == found
        return
    assert row["told"] == [told(one) for one in found]
    assert code in {one.code for one in found}
    everything = [
        *map(str, found),
        *(one.concise() for one in found),
        *(json.dumps(one.to_json()) for one in found),
    ]
    assert not any("hunter" in text for text in everything), "a secret is quoted"


def test_every_code_is_there_in_every_source_where_it_can_occur() -> None:
    sources: dict[str, set[str]] = {}
    for code, row in ROWS:
        sources.setdefault(code, set()).add(row["source"])

    assert sources == SOURCES
