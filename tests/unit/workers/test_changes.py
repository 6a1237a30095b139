from __future__ import annotations

import os
from math import inf
from pathlib import Path

from wsgid.workers.changes import Settling, Watched, is_library, stamp


def write(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def test_a_file_is_told_once_when_it_is_written(tmp_path: Path) -> None:
    views = write(tmp_path / "views.py", "x = 1")
    watched = Watched()
    watched.learn({views: stamp(views)}, [])
    write(tmp_path / "views.py", "x = 12")

    assert [[views], []] == [watched.changes(), watched.changes()]


def test_what_cannot_be_looked_at_is_not_there(tmp_path: Path) -> None:
    """As a file in a directory that is closed to us; a name of this length is refused to root, too."""
    watched = Watched([str(tmp_path / ("x" * 300))])

    assert [] == watched.changes()
    assert {str(tmp_path)} == watched.directories()


def test_a_file_of_the_same_size_is_told(tmp_path: Path) -> None:
    views = write(tmp_path / "views.py", "x = 1")
    watched = Watched()
    watched.learn({views: stamp(views)}, [])
    os.utime(views, ns=(0, stamp(views)[0] + 1))

    assert [views] == watched.changes()


def test_a_file_that_another_took_the_place_of_is_told(tmp_path: Path) -> None:
    """As editors write; the other may even be older."""
    views, other = write(tmp_path / "views.py", "x = 1"), write(tmp_path / "views.new", "x = 2")
    os.utime(other, ns=(0, stamp(views)[0]))
    watched = Watched()
    watched.learn({views: stamp(views)}, [])
    Path(other).rename(views)

    assert [views] == watched.changes()


def test_what_changed_before_it_was_learnt_is_told(tmp_path: Path) -> None:
    """A worker sends the stamps that it saw; the reloader may read them late."""
    views = write(tmp_path / "views.py", "x = 1")
    seen = stamp(views)
    write(tmp_path / "views.py", "x = 12")
    watched = Watched()
    watched.learn({views: seen}, [])

    assert [views] == watched.changes()


def test_a_second_worker_does_not_hide_a_change(tmp_path: Path) -> None:
    views = write(tmp_path / "views.py", "x = 1")
    watched = Watched()
    watched.learn({views: stamp(views)}, [])
    write(tmp_path / "views.py", "x = 12")
    watched.learn({views: stamp(views)}, [])

    assert [views] == watched.changes()


def test_a_file_that_vanishes_is_told(tmp_path: Path) -> None:
    views = write(tmp_path / "views.py", "x = 1")
    watched = Watched()
    watched.learn({views: stamp(views)}, [])
    Path(views).unlink()

    assert [[views], []] == [watched.changes(), watched.changes()]


def test_a_new_module_beside_others_is_told_and_other_files_are_not(tmp_path: Path) -> None:
    """It may be the one that an import has missed."""
    watched = Watched()
    watched.learn({}, [str(tmp_path)])
    write(tmp_path / "notes.txt", "")
    models = write(tmp_path / "models.py", "")

    assert [models] == watched.changes()


def test_extra_files_are_told_by_path_by_pattern_and_by_directory(tmp_path: Path) -> None:
    write(tmp_path / "static" / "css" / "site.css", "")
    extra = [f"{tmp_path}/settings.toml", f"{tmp_path}/templates/**/*.html", f"{tmp_path}/static"]
    watched = Watched(extra)
    assert [] == watched.changes()

    written = {
        write(tmp_path / "settings.toml", "a = 1"),
        write(tmp_path / "templates" / "base.html", "1"),
        write(tmp_path / "templates" / "shop" / "cart.html", "1"),
        write(tmp_path / "static" / "css" / "site.css", "a {}"),
    }
    write(tmp_path / "templates" / "base.txt", "1")
    write(tmp_path / "other.toml", "1")

    assert written == set(watched.changes())


def test_the_directories_are_those_where_something_may_happen(tmp_path: Path) -> None:
    views = write(tmp_path / "shop" / "views.py", "")
    write(tmp_path / "templates" / "shop" / "cart.html", "")
    write(tmp_path / "static" / "deep" / "a.css", "")
    watched = Watched([f"{tmp_path}/templates/**/*.html", f"{tmp_path}/static/*.css", f"{tmp_path}/gone/a"])
    watched.learn({views: stamp(views)}, [str(tmp_path)])

    expected = {"", "/shop", "/templates", "/templates/shop", "/static"}
    assert {f"{tmp_path}{one}" for one in expected} == watched.directories()


def test_what_is_installed_is_no_code_of_the_application() -> None:
    assert is_library(os.__file__)
    assert is_library(stamp.__code__.co_filename)
    assert is_library("/srv/shop/.venv/lib/python3.13/site-packages/django/http.py")
    assert not is_library("/srv/shop/shop/views.py")


def test_a_change_is_told_when_the_file_is_left_in_peace() -> None:
    settling = Settling()
    assert inf == settling.deadline
    settling.note(["a.py"], 10.0)
    settling.note(["b.py", "a.py"], 10.05)

    assert [] == settling.settled(10.1)
    assert ["a.py", "b.py"] == settling.settled(10.16)
    assert [] == settling.settled(20.0)


def test_what_is_never_left_in_peace_is_told_after_a_second() -> None:
    settling = Settling()
    for tenth in range(11):
        settling.note(["app.log"], 10 + tenth * 0.09)

    assert ["app.log"] == settling.settled(11.0)
