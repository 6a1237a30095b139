"""The schema: what it refuses the checker refuses, and the other way round as far as a schema can speak."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import tomli
from jsonschema import Draft7Validator

from tests.unit.config.test_corpus import ROWS, come_of
from wsgid.config.check import check
from wsgid.config.diagnostics import Where
from wsgid.config.gunicorn_names import UNUSED
from wsgid.config.layers import Layer, Place
from wsgid.config.option_table import OPTIONS
from wsgid.config.schema import schema, schema_text

VALIDATOR = Draft7Validator(schema())
WHERE = Where("file", "wsgid.toml", 1, 1, 2, "x")
PLACE = Place(WHERE, WHERE)

# What people write, right in one place and wrong in another: each is tried as each setting.
VALUES: list[Any] = [
    *(True, False, 0, 1, -1, 2, 18, 300, 2001, 2**32, 10**12, 10**20),
    *(1.5, -0.5, 0.25, 2.5e12 + 0.5),
    *("", "x", "auto", "on", "off", "none", "1.2", "v1", "debug", "sync", "gevent", "drop", "user"),
    *("30s", "1.5h", "30", "64K", "64X", "022", "0o22", "99"),
    *("a:b", "a:f()", "127.0.0.1:80", "unix:/x", "/x", "::1", "A-B", "a b", "udp://localhost:514"),
    *([], ["x"], [""], ["127.0.0.1:80"], ["80"], [1], ["a=b"], ["/x"], ["::1"], ["10.0.0.0/8"]),
    *({}, {"a": "b"}, {"a": 1}, {"": "x"}, {"a=b": "c"}, {"a b": "c"}),
    *({"when_ready": "a:b"}, {"when_ready": "a"}, {"wen_ready": "a:b"}, {"version": 1}, {"version": 2}),
    *({"credential": "x"}, {"file": "/x"}, {"file": "x"}, {"credential": "x", "file": "/x"}),
    *({"a": {"file": "/x"}}, {"a": {"file": "x"}}, {"a": {"fil": "/x"}}),
]
# Whether a text is an address, a schema can only guess.
ADDRESSES = {"bind", "forwarded_allow_ips", "proxy_allow_ips", "statsd_host"}
# What one layer says of one value; what settings say to one another is no schema's business.
OF_VALUES = {"wrong-type", "out-of-range", "invalid-value", "unknown-setting", "duplicate-setting"}


def is_refused(values: dict[str, Any]) -> bool:
    """Ask the checker."""
    checked = check(Layer("wsgid.toml", values, {(name,): PLACE for name in values}))
    return any(mistake.severity == "error" for mistake in checked.mistakes)


def test_it_is_a_schema_of_draft_07() -> None:
    Draft7Validator.check_schema(schema())

    assert "http://json-schema.org/draft-07/schema#" == schema()["$schema"]
    assert schema() == json.loads(schema_text())


@pytest.mark.parametrize("name", [option.name for option in OPTIONS])
def test_schema_and_checker_refuse_the_same(name: str) -> None:
    verdicts = {
        repr(value): (is_refused({name: value}), not VALIDATOR.is_valid({name: value})) for value in VALUES
    }
    stricter = [value for value, verdict in verdicts.items() if verdict == (False, True)]
    laxer = [value for value, verdict in verdicts.items() if verdict == (True, False)]

    assert [] == stricter
    if name not in ADDRESSES:
        assert [] == laxer
    assert {True, False} == {refused for refused, _ in verdicts.values()}


@pytest.mark.parametrize(("code", "row"), [(code, row) for code, row in ROWS if row["source"] == "toml"])
def test_they_agree_on_what_people_get_wrong(code: str, row: dict[str, Any], tmp_path: Path) -> None:
    texts = [text for file, text in row.get("files", {}).items() if file.endswith(".toml")]
    try:
        documents = [tomli.loads(text) for text in texts]
    except tomli.TOMLDecodeError:
        pytest.skip("no TOML, so no document")
    if len(documents) != 1 or row.get("argv") or row.get("env"):
        pytest.skip("more than one document")
    told = come_of(row, tmp_path)
    is_wrong = not isinstance(told, str) and any(
        one.severity == "error" and one.code in OF_VALUES for one in told
    )

    refused = not VALIDATOR.is_valid(documents[0])
    if refused:
        assert is_wrong
    elif is_wrong:
        assert _is_beyond(documents[0], told), told


# Of a kind that JSON has not, or that no pattern can tell: addresses, dates, how a number is written, what
# stands inside a table that is logging's own.
BEYOND = ("address", "host bits", "octal", "date", "port", "NUL", "finite", "[logconfig_dict", "credential")


def _is_beyond(document: dict[str, Any], told: Any) -> bool:
    messages = " ".join(f"{one.message} {label.note}" for one in told for label in one.labels)
    is_whole_float = any(isinstance(value, float) and value == value // 1 for value in document.values())
    return is_whole_float or any(words in messages for words in BEYOND)


def test_every_setting_has_its_description_and_its_default() -> None:
    properties = schema()["properties"]
    for option in OPTIONS:
        known = properties[option.name]
        assert known["description"]
        assert "default" not in known or VALIDATOR.is_valid({option.name: known["default"]})
        assert {*option.aliases} <= set(properties)
    assert 30.0 == properties["timeout"]["default"]
    assert "0660" == properties["socket_mode"]["default"]
    assert not VALIDATOR.is_valid({"app": "a", "wsgi_app": "a"})
    assert not VALIDATOR.is_valid({"tiemout": 30})


@pytest.mark.parametrize("name", sorted(UNUSED))
def test_what_only_gunicorn_has_is_struck_through(name: str) -> None:
    """A warning there is no error here: editors show a deprecated key struck through."""
    assert VALIDATOR.is_valid({name: 1}) is not is_refused({name: 1})
    assert UNUSED[name] in schema()["properties"][name]["description"]


@pytest.mark.slow
def test_taplo_reads_it(tmp_path: Path) -> None:
    """It is what editors ask, in the form in which they ask it."""
    taplo = shutil.which("taplo", path=f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin")
    if taplo is None:
        pytest.skip("there is no taplo for this machine")
    (tmp_path / "wsgid.schema.json").write_text(schema_text())
    for name, text in (("right", 'workers = 2\nbind = [":80"]'), ("wrong", 'workers = "many"\ntiemout = 3')):
        (tmp_path / f"{name}.toml").write_text(f"#:schema ./wsgid.schema.json\n{text}\n")
    right, wrong = (
        subprocess.run(
            [taplo, "check", f"{name}.toml"], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        for name in ("right", "wrong")
    )

    assert 0 == right.returncode, right.stderr
    assert 1 == wrong.returncode
    assert "wrong.toml:2:11" in wrong.stderr
    assert "tiemout" in wrong.stderr
