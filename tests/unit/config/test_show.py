"""What is in force, shown with places: as a file that says the same, and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from wsgid.config.explain import explain
from wsgid.config.load import Loaded, load
from wsgid.config.option_table import OPTIONS
from wsgid.config.settings import about
from wsgid.config.show import show_json, show_toml
from wsgid.config.written import key, written

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """\
app = "shop.wsgi"
bind = ["127.0.0.1:0", "unix:/run/shop/s"]
timeout = "1m"
limit_request_body = "10M"
socket_mode = "0600"
server_header = "quotes \\" and \\\\ in ä"
keyfile_password = { file = "KEY" }
access_log_skip = ["/healthz", "/static/*"]
logconfig_dict = { version = 1, loggers = { "a.b" = { level = "INFO", handlers = ["x"] } } }

[env]
PASSWORD = "hunter2"
"odd key" = "hunter3"

[hooks]
when_ready = "shop:ready"
"""


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    (tmp_path / "key").write_text("hunter4")
    config = tmp_path / "wsgid.toml"
    config.write_text(CONFIG.replace("KEY", str(tmp_path / "key")))
    config.chmod(0o600)
    environ = {"WSGID_WORKERS": "3", "WEB_CONCURRENCY": "2"}
    return load(["--show-config", "-e", "A=hunter5", "-t", "90"], environ, str(tmp_path))


def values(loaded: Loaded) -> dict[str, Any]:
    return {option.name: getattr(loaded.settings, option.name) for option in OPTIONS}


def test_what_is_shown_is_what_is_in_force(loaded: Loaded) -> None:
    document = tomli.loads(show_toml(loaded))
    for name, value in values(loaded).items():
        if about(name).is_secret:
            continue
        if value is None or value == {}:
            assert document.get(name) in (None, "", {})
        else:
            assert json.loads(json.dumps(value)) == document[name], name


def test_what_is_shown_can_be_loaded(loaded: Loaded, tmp_path: Path) -> None:
    (tmp_path / "shown.toml").write_text(show_toml(loaded))
    again = load(["--check-config", "-c", "shown.toml"], {}, str(tmp_path))

    secret = {option.name for option in OPTIONS if about(option.name).is_secret}
    first, second = ({n: v for n, v in values(one).items() if n not in secret} for one in (loaded, again))
    assert first == second


def test_each_line_has_its_place(loaded: Loaded) -> None:
    lines = {line.partition(" =")[0]: line.partition("  # ")[2] for line in show_toml(loaded).splitlines()}

    assert "wsgid.toml:1:7" == lines["app"].strip()
    assert "environment variable WSGID_WORKERS" == lines["workers"].strip()
    assert "command line" == lines["timeout"].strip()
    assert "default" == lines["backlog"].strip()
    assert "wsgid.toml:12:12" == lines["PASSWORD"].strip()
    assert "command line" == lines["A"].strip()
    assert "wsgid.toml:16:14" == lines["when_ready"].strip()


def test_secrets_are_shown_by_where_they_are_kept_or_not_at_all(loaded: Loaded, tmp_path: Path) -> None:
    for text in (show_toml(loaded), show_json(loaded)):
        assert "hunter" not in text
        assert "<redacted>" in text
    assert {"file": str(tmp_path / "key")} == tomli.loads(show_toml(loaded))["keyfile_password"]


def test_json_says_the_same_for_a_program(loaded: Loaded) -> None:
    found = json.loads(show_json(loaded))

    assert ["wsgid.toml"] == found["files"]
    assert {option.name for option in OPTIONS} == set(found["settings"])
    assert {
        "value": 3,
        "layer": "environment",
        "place": "environment variable WSGID_WORKERS",
    } == found["settings"]["workers"]
    assert {"value": 2048, "layer": "default", "place": None} == found["settings"]["backlog"]
    assert "command line" == found["settings"]["env"]["places"]["A"]


def test_json_can_be_written_in_any_encoding(tmp_path: Path) -> None:
    """What is no character, an octet of a file's name, is none in UTF-8 either."""
    environ = {"WSGID_PROC_NAME": "ä € 😀 \udce9"}
    text = show_json(load([], environ, str(tmp_path)))

    assert text.isascii()
    assert environ["WSGID_PROC_NAME"] == json.loads(text)["settings"]["proc_name"]["value"]


def test_a_function_is_named_in_a_comment(tmp_path: Path) -> None:
    (tmp_path / "wsgid.conf.py").write_text("def when_ready(server):\n    pass\n")
    text = show_toml(load([], {}, str(tmp_path)))

    assert "# when_ready is when_ready " in text
    assert "when_ready" not in tomli.loads(text)["hooks"]
    loaded = load([], {}, str(tmp_path))
    assert {"when_ready": "when_ready"} == json.loads(show_json(loaded))["settings"]["hooks"]["value"]
    assert explain("hooks", loaded).startswith("hooks = { when_ready = when_ready }\n")


def test_a_value_that_was_taken_back_stays_so(tmp_path: Path) -> None:
    (tmp_path / "wsgid.toml").write_text('accesslog = ""\n')
    text = show_toml(load([], {}, str(tmp_path)))

    assert "" == tomli.loads(text)["accesslog"]
    assert "# tmp_upload_dir is not set" in text


SCALARS = st.one_of(st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text())
NESTED = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)


@given(st.text(), NESTED)
def test_every_value_is_read_back(name: str, value: object) -> None:
    document = tomli.loads(f"{key(name)} = {written(value)}")

    assert {name: value} == document
