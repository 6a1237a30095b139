"""Which files are read: decided on lists of names."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from wsgid.config.files import (
    START_NAMES,
    Choice,
    check_instance,
    choose,
    choose_for_instance,
    choose_in_start_directory,
    instances,
    visible,
)
from wsgid.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def for_shop(*names: str, host: tuple[str, ...] = (), own: tuple[str, ...] = ()) -> Choice:
    """Choose for the instance `shop`, where /c has these names, and its two folders of drop-ins those."""
    return choose_for_instance("shop", "/c", {"/c": names, "/c/wsgid.d": host, "/c/shop.d": own})


def told(choice: Choice) -> list[tuple[str, str, str]]:
    return [
        (f"{mistake.severity} {mistake.labels[0].where}", mistake.message, mistake.labels[0].note)
        for mistake in choice.mistakes
    ]


# Instances


def test_host_wide_files_come_first_and_drop_ins_after_what_they_drop_into() -> None:
    choice = for_shop(
        "other.toml", "shop.toml", "wsgid.toml", host=("10-a.toml", "20-b.py"), own=("50-x.yaml", "60-y.yml")
    )

    assert (
        Choice(
            "/c/shop.toml",
            (
                "/c/wsgid.toml",
                "/c/wsgid.d/10-a.toml",
                "/c/wsgid.d/20-b.py",
                "/c/shop.toml",
                "/c/shop.d/50-x.yaml",
                "/c/shop.d/60-y.yml",
            ),
        )
        == choice
    )


@pytest.mark.parametrize("ending", ["toml", "yaml", "yml", "py"])
def test_an_instance_has_a_file_of_any_kind(ending: str) -> None:
    assert Choice(f"/c/shop.{ending}", (f"/c/shop.{ending}",)) == for_shop(f"shop.{ending}")


def test_two_files_of_an_instance_are_a_mistake_that_names_both() -> None:
    """Which of them is the one that somebody has just edited?"""
    choice = for_shop("shop.py", "shop.toml")

    assert [
        (
            "error /c/shop.toml",
            "instance `shop` has more than one file: `/c/shop.toml` and `/c/shop.py`",
            "keep one of them",
        )
    ] == told(choice)
    assert ["/c/shop.toml", "/c/shop.py"] == [str(label.where) for label in choice.mistakes[0].labels]
    assert () == choice.sources


def test_what_looks_like_a_configuration_and_is_not_read_is_told() -> None:
    choice = for_shop(
        "shop.conf", "shop.env", "shop.toml", "wsgid.yaml", host=("a.ini",), own=("b", "c.toml")
    )

    assert [
        ("warning /c/wsgid.yaml", "`/c/wsgid.yaml` is not read", "host-wide settings stand in wsgid.toml"),
        (
            "warning /c/wsgid.d/a.ini",
            "`/c/wsgid.d/a.ini` is not read",
            "the endings are .toml, .yaml, .yml, .py",
        ),
        ("warning /c/shop.conf", "`/c/shop.conf` is not read", "the endings are .toml, .yaml, .yml, .py"),
        ("warning /c/shop.d/b", "`/c/shop.d/b` is not read", "the endings are .toml, .yaml, .yml, .py"),
    ] == told(choice)
    assert ("/c/shop.toml", "/c/shop.d/c.toml") == choice.sources


def test_an_instance_that_is_nowhere_is_a_mistake_with_a_suggestion() -> None:
    assert [("error /c/shop.toml", "there is no instance `shop`", "did you mean `shop2`?")] == told(
        for_shop("shop2.yaml", "wsgid.toml", host=("a.toml",))
    )


def test_an_instance_may_be_drop_ins_alone() -> None:
    assert Choice("/c/shop.toml", ("/c/shop.d/a.toml",)) == for_shop(own=("a.toml",))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("wsgid", "no instance can be called wsgid"),
        ("", "takes a name"),
        ("../shop", "takes a name"),
        (".shop", "takes a name"),
        ("shop\n", "takes a name"),
        ("shop.toml", "without an ending: --instance shop$"),
    ],
)
def test_some_names_are_no_instances(name: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        check_instance(name)


def test_the_instances_of_a_directory_are_what_its_names_say() -> None:
    there = ("a.toml", "b.d", "b.yaml", "c.d", "d.conf", "my.shop.py", "wsgid.d", "wsgid.toml")

    assert ("a", "b", "c", "my.shop") == instances(there)


# Listings


def test_names_are_sorted_and_what_tools_leave_behind_is_skipped() -> None:
    names = [
        "b.toml", "50-a.toml", "9.toml", "B.toml", ".hidden.toml", "b.toml~", "#b.toml#", "b.toml.rpmnew",
        "b.toml.rpmsave", "b.toml.dpkg-old", "b.toml.dpkg-dist", "b.toml.ucf-new", "README", "README.md",
        "x.dpkg-y.toml",
    ]  # fmt: skip

    assert ("50-a.toml", "9.toml", "B.toml", "b.toml", "x.dpkg-y.toml") == visible(names)


def test_a_directory_that_is_not_there_has_no_files(tmp_path: Path) -> None:
    choice = choose(None, "shop", "/", str(tmp_path / "none"))

    assert [f"error {tmp_path}/none/shop.toml"] == [where for where, _, _ in told(choice)]


def test_a_directory_that_cannot_be_listed_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "shop.d").write_text("")
    (tmp_path / "shop.toml").write_text("")
    choice = choose(None, "shop", "/", str(tmp_path))

    assert [(f"error {tmp_path}/shop.d", f"cannot list `{tmp_path}/shop.d`: Not a directory", "")] == told(
        choice
    )
    assert (f"{tmp_path}/shop.toml",) == choice.sources


# One file


@pytest.mark.parametrize(
    ("given", "source"),
    [("a/b.toml", "a/b.toml"), ("file:/c.py", "/c.py"), ("python:my.settings", "python:my.settings")],
)
def test_a_file_that_is_named_is_the_only_one(given: str, source: str) -> None:
    assert Choice(source, (source,)) == choose(given, None, "/")


def test_a_file_and_an_instance_are_too_much() -> None:
    with pytest.raises(UsageError, match="give one of them"):
        choose("a.toml", "shop", "/")


# The start directory


@pytest.mark.parametrize(
    ("there", "source", "notes"),
    [
        ([], None, ()),
        (["wsgid.toml"], "wsgid.toml", ()),
        (["wsgid.yaml"], "wsgid.yaml", ()),
        (["wsgid.conf.py"], "wsgid.conf.py", ()),
        (["gunicorn.conf.py"], "gunicorn.conf.py", ()),
        (
            ["gunicorn.conf.py", "wsgid.yaml"],
            "wsgid.yaml",
            ("wsgid.yaml is read, gunicorn.conf.py beside it is not",),
        ),
    ],
)
def test_ours_is_read_else_gunicorns(there: list[str], source: str | None, notes: tuple[str, ...]) -> None:
    choice = choose_in_start_directory(there)

    assert ((source,) if source else ()) == choice.sources
    assert source or choice.subject == "configuration"
    assert (notes, ()) == (choice.notes, choice.mistakes)


def test_two_of_ours_are_a_mistake_that_names_both() -> None:
    choice = choose_in_start_directory(["wsgid.conf.py", "wsgid.toml", "gunicorn.conf.py"])

    message = "the start directory has more than one file: `wsgid.toml` and `wsgid.conf.py`"

    assert [("error wsgid.toml", message, "keep one of them")] == told(choice)
    assert () == choice.sources


def test_the_other_ending_of_yaml_is_told() -> None:
    choice = choose_in_start_directory(["wsgid.yml"])

    assert [
        ("warning wsgid.yml", "`wsgid.yml` is not read", "in the start directory it is called wsgid.yaml")
    ] == told(choice)


def test_the_start_directory_is_asked_for_these_names_and_links_count(tmp_path: Path) -> None:
    (tmp_path / "gunicorn.conf.py").symlink_to("nowhere")
    os.mkfifo(tmp_path / "other.toml")

    assert ("gunicorn.conf.py",) == choose(None, None, str(tmp_path)).sources
    assert len(START_NAMES) == len(set(START_NAMES))
