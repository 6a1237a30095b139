"""Whatever somebody writes: a load gives settings, or says what is wrong; it never breaks."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsgid.config.diagnostics import Mistakes
from wsgid.config.layers import BY_ALIAS, BY_NAME
from wsgid.config.load import load
from wsgid.config.option_table import OPTIONS
from wsgid.errors import UsageError

if TYPE_CHECKING:
    from wsgid.config.load import Loaded

pytestmark = pytest.mark.slow

# Of no use to a load but to crash it: text that no file and no environment can hold is left out.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
WORDS = st.sampled_from(
    [
        "",
        "0",
        "-1",
        "auto",
        "true",
        "30s",
        "64K",
        ":80",
        "unix:x",
        "a:b",
        "A=b",
        "=",
        ",",
        "a,b",
        "022",
        "nan",
        "*",
    ]
)
NAMES = st.sampled_from(sorted({*BY_NAME, *BY_ALIAS, "worker_tmp_dir", "on_exit", "tiemout", "config_file"}))
SCALARS = st.one_of(
    WORDS, TEXTS, st.integers(), st.floats(), st.booleans(), st.dates(), st.datetimes(), st.times()
)
VALUES = st.recursive(
    SCALARS,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(NAMES | TEXTS, inside, max_size=3),
    max_leaves=6,
)


def come_of(
    files: dict[str, str], argv: list[str], environ: dict[str, str], call: dict[str, Any] | None = None
) -> Loaded | Mistakes | UsageError:
    """Load in a directory with these files."""
    with tempfile.TemporaryDirectory() as directory:
        for name, text in files.items():
            Path(directory, name).write_text(text, encoding="utf-8", newline="")
        try:
            return load(["--check-config", *argv], environ, directory, call, directory=directory)
        except (Mistakes, UsageError) as error:
            return error


def look_at(outcome: Loaded | Mistakes | UsageError) -> None:
    """See that what came of it can be told, in every form, and that nothing in it obeys a file."""
    if isinstance(outcome, UsageError):
        assert str(outcome)
        return
    if isinstance(outcome, Mistakes):
        found = outcome.diagnostics
        assert "error" in {one.severity for one in found}
        assert str(outcome)
        json.dumps(outcome.to_json())
    else:
        found = outcome.warnings
        assert {"warning"} >= {one.severity for one in found}
        assert all(outcome.where(name) is not None for name in outcome.history)
    for one in found:
        assert all(character.isprintable() or character in "\n\t" for character in str(one))
        assert "\n" not in one.concise()


@given(call=st.dictionaries(NAMES | TEXTS, VALUES | st.none(), max_size=4))
def test_arguments_of_a_call(call: dict[str, Any]) -> None:
    call.pop("config", None)  # it may name any file of this machine
    call.pop("paste", None)
    look_at(come_of({}, [], {}, call))


@given(
    environ=st.dictionaries(
        st.sampled_from([option.variable for option in OPTIONS if option.name != "paste"])
        | st.sampled_from(
            ["PORT", "WEB_CONCURRENCY", "FORWARDED_ALLOW_IPS", "WSGID_TIEMOUT", "GUNICORN_CMD_ARGS"]
        ),
        WORDS | TEXTS,
        max_size=4,
    )
)
def test_variables(environ: dict[str, str]) -> None:
    look_at(come_of({}, [], environ))


FLAGS = st.sampled_from([flag for option in OPTIONS for flag in option.flags if option.name != "paste"])


@given(argv=st.lists(FLAGS | WORDS | TEXTS, max_size=5))
def test_arguments_and_the_same_in_a_variable(argv: list[str]) -> None:
    # A file of this machine may be named by no accident.
    argv = [text for text in argv if not text.startswith(("-c", "--config", "--p", "--exp", "--ini"))]
    look_at(come_of({}, argv, {}))
    look_at(come_of({}, [], {"WSGID_CMD_ARGS": " ".join(argv)}))


@st.composite
def toml(draw: st.DrawFn) -> str:
    """Draw lines of TOML; some are none."""
    lines = []
    for _ in range(draw(st.integers(0, 6))):
        name = draw(
            NAMES | st.sampled_from(["env.A", "a b", '"bind"', "[env]", "[hooks]", "[logconfig_dict.root]"])
        )
        value = draw(
            st.sampled_from(
                [
                    "1",
                    "0o22",
                    "-1",
                    "1.5",
                    "nan",
                    '"x"',
                    "'':",
                    '["a", 1]',
                    "{}",
                    "{ A = 1 }",
                    "true",
                    "True",
                    "1979-05-27",
                ]
            )
            | TEXTS
        )
        lines.append(name if name.startswith("[") else f"{name} = {value}")
    return "\n".join(lines)


@given(text=toml() | TEXTS)
def test_toml(text: str) -> None:
    look_at(come_of({"wsgid.toml": text}, [], {}))


@st.composite
def yaml(draw: st.DrawFn) -> str:
    """Draw lines of YAML; some are none."""
    lines = []
    for _ in range(draw(st.integers(0, 6))):
        indent = draw(st.sampled_from(["", "", "  ", "- "]))
        value = draw(
            st.sampled_from(
                ["1", "022", "0o22", "on", "~", "", "|", "[a, 1]", "{}", "@x", "&a 1", "*a", "!!python/x 1"]
            )
            | TEXTS
        )
        lines.append(f"{indent}{draw(NAMES | st.sampled_from(['A', '<<', '? x', '[1]']))}: {value}")
    return "\n".join(lines)


@given(text=yaml() | TEXTS)
def test_yaml(text: str) -> None:
    look_at(come_of({"wsgid.yaml": text}, [], {}))


LITERALS = st.recursive(
    st.none() | WORDS | TEXTS | st.integers() | st.booleans() | st.binary(max_size=3) | st.just(...),
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.tuples(inside, inside)
        | st.dictionaries(NAMES | st.integers(), inside, max_size=3)
    ),
    max_leaves=5,
)


@given(
    values=st.dictionaries(NAMES.filter(lambda name: name != "paste"), LITERALS, max_size=5),
    name=st.sampled_from(["wsgid.conf.py", "gunicorn.conf.py"]),
)
def test_python(values: dict[str, object], name: str) -> None:
    text = "".join(f"{setting} = {value!r}\n" for setting, value in values.items())
    look_at(come_of({name: text}, [], {}))


@given(text=toml() | TEXTS)
def test_an_ini_file_of_pastedeploy(text: str) -> None:
    look_at(come_of({"x.ini": f"[server:main]\n{text}"}, ["--paste", "x.ini"], {}))
