"""Where a Django project is looked for, and who says by which module it is configured."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from wsgid.config.diagnostics import Mistakes
from wsgid.config.django import NoProjectError, Project, find_project
from wsgid.config.load import load

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wsgid.config.load import Loaded

MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'


def lay(directory: Path, *names: str, manage: str = MANAGE) -> None:
    """Make files; what is in a settings.py is nobody's business."""
    for name in names:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(manage if path.name == "manage.py" else "")


def found(project: Project, directory: Path) -> tuple[str, str | None]:
    where = project.directory
    return project.settings, None if where is None else str(where.resolve().relative_to(directory))


@pytest.mark.parametrize(
    ("names", "spec", "expected"),
    [
        (["manage.py", "other/settings.py"], ".", ("shop.settings", ".")),
        (["manage.py"], "manage.py", ("shop.settings", ".")),
        (["src/manage.py"], ".", ("shop.settings", "src")),
        (["src/manage.py"], "src", ("shop.settings", "src")),
        (["settings.py"], ".", ("settings", ".")),
        (["shop/__init__.py", "shop/settings.py"], ".", ("shop.settings", ".")),
        (["shop/__init__.py", "shop/settings.py"], "shop", ("shop.settings", ".")),
        (["shop/__init__.py", "shop/settings.py"], "shop/settings.py", ("shop.settings", ".")),
        (
            ["a/manage.py", "a/shop/conf/__init__.py", "a/shop/conf/live.py"],
            "a/shop/conf/live.py",
            ("shop.conf.live", "a"),
        ),
        (["manage.py", "conf/__init__.py"], "conf/__init__.py", ("conf", ".")),
        ([], "shop.settings", ("shop.settings", None)),
        (["shop/settings.py"], "shop.settings", ("shop.settings", None)),
    ],
)
def test_a_project_is_found(
    names: list[str], spec: str, expected: tuple[str, str | None], tmp_path: Path
) -> None:
    lay(tmp_path, *names)

    assert expected == found(find_project(spec, str(tmp_path)), tmp_path)


@pytest.mark.parametrize(
    ("manage", "settings"),
    [
        ('os.environ["DJANGO_SETTINGS_MODULE"] = "one"', "one"),
        ('def main():\n    setdefault("DJANGO_SETTINGS_MODULE", "two.x")', "two.x"),
        # What only runs can tell; so the one that is there.
        ('os.environ.setdefault("DJANGO_SETTINGS_MODULE", config("X"))', "shop.settings"),
    ],
)
def test_manage_py_names_the_settings(manage: str, settings: str, tmp_path: Path) -> None:
    lay(tmp_path, "manage.py", "shop/settings.py", manage=manage)

    assert settings == find_project(".", str(tmp_path)).settings


@pytest.mark.parametrize(
    ("names", "spec", "message", "note"),
    [
        ([], ".", "no Django project in `.`", "looked for manage.py and settings.py in {0} and"),
        (["a/manage.py", "b/manage.py"], ".", "more than one", "name one of `a/manage.py`, `b/manage.py`"),
        ([], "a/settings.py", "there is no `a/settings.py`", "looked for {0}/a/settings.py"),
        (["a/x.txt"], "a/x.txt", "`a/x.txt` is no Django settings", "a module is expected"),
        ([], "a b", "`a b` is no Django project", "write its settings module"),
        ([], "./" + 300 * "a", "there is no `./aa", "looked for {0}/aa"),
    ],
)
def test_what_is_not_there_is_told_with_where_it_was_looked_for(
    names: list[str], spec: str, message: str, note: str, tmp_path: Path
) -> None:
    lay(tmp_path, *names)

    with pytest.raises(NoProjectError, match=message) as caught:
        find_project(spec, str(tmp_path))
    assert note.format(tmp_path) in caught.value.note


def test_a_directory_that_is_hidden_from_us_has_no_project(tmp_path: Path) -> None:
    """It may be that of a database beside the project; a link to no possible name is so for root, too."""
    lay(tmp_path, "src/manage.py")
    (tmp_path / "hidden").symlink_to("x" * 300)

    assert ("shop.settings", "src") == found(find_project(".", str(tmp_path)), tmp_path)


def of_django(directory: Path, *argv: str, env: Mapping[str, str] | None = None) -> Loaded:
    return load(["--as-program=wsgid-django", *argv], env or {}, str(directory))


def test_the_settings_that_a_project_names_have_the_place_of_that(tmp_path: Path) -> None:
    lay(tmp_path, "manage.py")
    loaded = of_django(tmp_path)

    assert 'wsgid.apps.django:application("shop.settings")' == loaded.settings.app
    assert str(tmp_path.resolve()) == loaded.settings.chdir
    assert "manage.py:2:49" == str(loaded.where("app"))
    assert ("manage.py",) == loaded.files


def test_the_variable_comes_before_manage_py_and_what_was_named_before_both(tmp_path: Path) -> None:
    """As Django itself has it."""
    lay(tmp_path, "manage.py", "shop/settings.py")
    variable = {"DJANGO_SETTINGS_MODULE": "shop.live"}
    (tmp_path / "wsgid.toml").write_text('[env]\nDJANGO_SETTINGS_MODULE = "shop.file"\n')

    named = of_django(tmp_path, "shop.typed", env=variable)
    by_file = of_django(tmp_path, env=variable)
    (tmp_path / "wsgid.toml").unlink()
    by_variable = of_django(tmp_path, env=variable)
    apps = [str(one.settings.app) for one in (named, by_file, by_variable)]
    assert ["shop.typed", "shop.file", "shop.live"] == [app.split('"')[1] for app in apps]
    assert "wsgid.toml:2:26" == str(by_file.where("app"))
    assert "environment variable DJANGO_SETTINGS_MODULE" == str(by_variable.where("app"))


def test_a_file_may_say_which_project_and_where_to_enter(tmp_path: Path) -> None:
    lay(tmp_path, "a/manage.py", "b/manage.py")
    (tmp_path / "wsgid.toml").write_text('django = "b"\nchdir = "a"\n')

    assert str(tmp_path.resolve() / "a") == of_django(tmp_path).settings.chdir
    assert "shop.settings" in str(load([], {}, str(tmp_path)).settings.app)


def test_an_asgi_worker_is_given_the_asgi_application(tmp_path: Path) -> None:
    loaded = load(["-k", "asgi", "--django", "shop.settings", "--check-config"], {}, str(tmp_path))

    assert 'wsgid.apps.django:asgi_application("shop.settings")' == loaded.settings.app


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('app = "shop.wsgi"\n', "`django` and `app` both name the application"),
        ('paste = "a.ini"\n', "`paste` and `django` both name the application"),
        ('django = "nowhere.py"\n', "nowhere.py"),
    ],
)
def test_two_applications_and_none_are_mistakes(text: str, expected: str, tmp_path: Path) -> None:
    lay(tmp_path, "manage.py")
    (tmp_path / "a.ini").write_text("[app:main]\nuse = egg:x\n")
    (tmp_path / "wsgid.toml").write_text(text)

    with pytest.raises(Mistakes, match=expected):
        of_django(tmp_path)


def test_a_manage_py_that_is_not_python_is_a_mistake_at_its_line(tmp_path: Path) -> None:
    lay(tmp_path, "manage.py", manage=dedent("import os\ndef main(:\n"))

    with pytest.raises(Mistakes) as caught:
        of_django(tmp_path)
    assert "manage.py:2:1" == str(caught.value.diagnostics[0].labels[0].where)
