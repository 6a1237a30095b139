"""The pages about systemd, typed in a machine with the package installed."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import ROOT
from tests.systemd.machine import WORDS, boot, chapters
from tests.systemd.page import read

if TYPE_CHECKING:
    from tests.systemd.package import Packages

# The first one waits for the package to be built. What they show, other tests hold, too.
pytestmark = [pytest.mark.slow, pytest.mark.again, pytest.mark.timeout(400)]

PAGES = sorted(
    path.name for path in (ROOT / "docs" / "howto").glob("*.md") if "\n```console box\n" in path.read_text()
)


@pytest.fixture(scope="session")
def django(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give Django and what it needs, as pip would have put them into a project's environment."""
    path = tmp_path_factory.mktemp("django")
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("django", "asgiref", "sqlparse"):
        found = importlib.util.find_spec(name)
        assert found is not None
        assert found.origin is not None
        shutil.copytree(Path(found.origin).parent, path / name, ignore=ignored)
    return path


@pytest.mark.parametrize("name", PAGES)
def test_what_a_page_shows_is_what_is_printed(
    name: str, packages: Packages, django: Path, layer: Path | None
) -> None:
    page = read((ROOT / "docs" / "howto" / name).read_text())
    if "nginx" in name and shutil.which("nginx") is None and "CI" not in os.environ:
        pytest.skip("nginx is not installed (Debian: nginx-light)")
    # On a terminal curl shows no progress.
    terminal = "printf 'silent\\nshow-error\\n' > /root/.curlrc; export SYSTEMD_PAGER=cat; cd /root"
    install = f"rm -f /var/lib/man-db/auto-update; dpkg -i {packages.this} >&2"
    script = f"DJANGO={django}\n{WORDS}\n{install}\n{terminal}\n{page.script}"
    told = chapters(boot(script, shown=(packages.directory, django), layer=layer))

    for title, command in page.commands.items():
        assert re.fullmatch(command.pattern(), told[title]), (
            f"{command.typed}\nthe page:\n{command.printed}\nprinted:\n{told[title]}"
        )
