"""What is known of one setting: its value, every place that gave it one, and what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wsgid.config.explain import explain, find_setting
from wsgid.config.load import load
from wsgid.config.option_table import OPTIONS
from wsgid.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def test_every_shadowed_value_has_its_place(tmp_path: Path) -> None:
    etc = tmp_path / "etc"
    (etc / "shop.d").mkdir(parents=True)
    (etc / "wsgid.toml").write_text("workers = 4\n")
    (etc / "shop.toml").write_text('app = "shop"\nworkers = "auto"\n')
    (etc / "shop.d" / "50-x.toml").write_text("workers = 8\n")
    environ = {"WSGID_WORKERS": "16", "WEB_CONCURRENCY": "2"}
    argv = ["--explain", "workers", "--instance", "shop", "-w", "32"]
    text = explain("workers", load(argv, environ, str(tmp_path), directory=str(etc)))

    lines = [line.split() for line in text.splitlines()]
    assert "workers = 32\n\n  command line " in text
    assert [
        ["command", "line", "32", "in", "force"],
        ["environment", "variable", "WSGID_WORKERS", "16", "shadowed"],
        [f"{etc}/shop.d/50-x.toml:1:11", "8", "shadowed"],
        [f"{etc}/shop.toml:2:11", '"auto"', "shadowed"],
        [f"{etc}/wsgid.toml:1:11", "4", "shadowed"],
        ["environment", "variable", "WEB_CONCURRENCY", "2", "shadowed"],
        ["default", "1"],
    ] == lines[2:9]


def test_what_a_setting_is_is_told(tmp_path: Path) -> None:
    text = explain("threads", load([], {}, str(tmp_path)))
    facts = dict(line.strip().split("  ", 1) for line in text.split("\n\n")[-1].splitlines())

    assert {
        "type": "an integer",
        "default": "1",
        "a change needs": "a reload, which starts new workers",
        "honoured by": "sync, gthread workers",
        "section": "Workers",
        "flags": "--threads N",
        "variable": "WSGID_THREADS",
        "gunicorn": "has it too",
    } == {name: fact.strip() for name, fact in facts.items()}
    assert text.startswith("threads = 1\n\n  default  1  in force\n")


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_every_setting_can_be_explained(option: object, tmp_path: Path) -> None:
    name = option.name  # type: ignore[attr-defined]

    assert explain(name, load([], {}, str(tmp_path))).startswith(f"{name} = ")


def test_no_secret_is_explained(tmp_path: Path) -> None:
    (tmp_path / "wsgid.toml").write_text('keyfile_password = "hunter2"\n[env]\nA = "hunter3"\n')
    loaded = load(["-e", "B=hunter4"], {"WSGID_ENV": "C=hunter5"}, str(tmp_path))

    for name in ("keyfile_password", "env"):
        assert "hunter" not in explain(name, loaded)
        assert "<redacted>" in explain(name, loaded)


@pytest.mark.parametrize(
    "text", ["keepalive", "--keep-alive", "keep_alive", "WSGID_KEEPALIVE", "keep-alive", "KEEPALIVE"]
)
def test_a_setting_is_found_by_all_its_names(text: str) -> None:
    assert "keepalive" == find_setting(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("wrkers", "there is no setting `wrkers`, did you mean `workers`?"),
        ("xyzzy", "there is no setting `xyzzy`"),
        ("worker_tmp_dir", "gunicorn's `worker_tmp_dir` has no use here: workers say that they live"),
        ("post_request", "a hook, called with worker, req, environ, resp: `wsgid --explain hooks`"),
        ("check_config", "--check-config is no setting"),
    ],
)
def test_what_is_no_setting_is_a_usage_error(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_setting(text)

    assert message in str(caught.value)


def test_a_default_that_follows_another_setting_is_not_called_in_force(tmp_path: Path) -> None:
    for argv, standing in (([], "in force"), (["--umask", "027"], "follows another setting")):
        text = explain("socket_mode", load(["--explain", "socket_mode", *argv], {}, str(tmp_path)))
        assert f"  default  0660  {standing}" in text
