"""Fixtures that boot: each story is told on this machine's systemd and on a newer one."""

from __future__ import annotations

import importlib.util
import os
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.systemd.layer import newer_systemd
from tests.systemd.machine import WORDS, Machine, boot, install
from tests.systemd.package import Packages, built_here
from tests.systemd.story import Stories, Telling, is_spread, once

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@pytest.fixture(scope="session")
def can_boot() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can boot a systemd of its own")
    has_all = shutil.which("systemd-nspawn") is not None and shutil.which("curl") is not None
    if not has_all and "CI" not in os.environ:
        pytest.skip("systemd-nspawn or curl is not installed (Debian: systemd-container, curl)")


@pytest.fixture(scope="session", params=["own", pytest.param("newer", marks=pytest.mark.again)])
def layer(request: pytest.FixtureRequest) -> str:
    """Give the systemd that is to be used: this machine's, or one of 254 at least."""
    return str(request.param)


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a directory that all processes of this run share."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if is_spread() else base) / "systemd"


@pytest.fixture(scope="session")
def installation(can_boot: None, shelf: Path) -> Path:
    """Give a directory with wsgid and what it needs, to be shown in the box."""
    with once(shelf / "wsgid") as path:
        if not path.exists():
            install(path)
    return path


@pytest.fixture(scope="session")
def django(shelf: Path) -> Path:
    """Give Django and what it needs, as pip would have put them into a project's environment."""
    with once(shelf / "django") as path:
        if not path.exists():
            ignored = shutil.ignore_patterns("__pycache__")
            for name in ("django", "asgiref", "sqlparse"):
                found = importlib.util.find_spec(name)
                assert found is not None
                assert found.origin is not None
                shutil.copytree(Path(found.origin).parent, path / name, ignore=ignored)
    return path


@pytest.fixture(scope="session")
def stories(
    request: pytest.FixtureRequest, installation: Path, django: Path, shelf: Path
) -> Iterator[Stories]:
    """Give who has stories told; by one process, all that this run will ask for."""
    building = threading.Lock()

    def built() -> Packages:
        with building:
            return built_here()

    def tell(telling: Telling) -> str:
        layer = None if telling.layer == "own" else newer_systemd()
        if not telling.story.in_package:
            return Machine(installation, layer).run(telling.story.script)
        packages = built()
        variables = {
            "PACKAGE": packages.this,
            "NEXT_PACKAGE": packages.next,
            "WHEELS": packages.wheels,
            "DJANGO": django,
        }
        lines = "".join(f"{name}={path}\n" for name, path in variables.items())
        script = f"{lines}{WORDS}{telling.story.script}"
        return boot(script, shown=(packages.directory, django), layer=layer)

    stories = Stories(shelf / "stories", tell)
    if not is_spread():
        wanted = [told for item in request.session.items if (told := _telling(item)) is not None]
        if any(one.story.in_package for one in wanted):
            stories.prepare(built)
        stories.begin(wanted)
    yield stories
    stories.close()


@pytest.fixture
def story(request: pytest.FixtureRequest, stories: Stories) -> Mapping[str, str]:
    """Give what was printed in each chapter of the module's STORY, or of that of STORIES for this `page`."""
    telling = _telling(request.node)
    assert telling is not None
    return stories.chapters(telling)


def _telling(item: pytest.Item) -> Telling | None:
    if not isinstance(item, pytest.Function) or "story" not in item.fixturenames:
        return None
    module, parameters = item.module, item.callspec.params
    name, layer = module.__name__.rpartition(".")[2].removeprefix("test_"), str(parameters["layer"])
    if hasattr(module, "STORY"):
        return Telling(name, module.STORY, layer)
    return Telling(f"{name}-{parameters['page']}", module.STORIES[parameters["page"]], layer)
