"""The pages about systemd, typed in a machine with the package installed."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING, Final

import pytest

from tests.support import ROOT
from tests.systemd.page import Page, read
from tests.systemd.story import Story

if TYPE_CHECKING:
    from collections.abc import Mapping

# The first one waits for the package to be built. What they show, other tests hold, too.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.again,
    pytest.mark.timeout(60, func_only=True),
    pytest.mark.usefixtures("layer"),
]

HOWTO: Final = ROOT / "docs" / "howto"
PAGES: Final[Mapping[str, Page]] = {
    path.name: read(path.read_text())
    for path in sorted(HOWTO.glob("*.md"))
    if "\n```console box\n" in path.read_text()
}

# On a terminal curl shows no progress.
TERMINAL: Final = """
rm -f /var/lib/man-db/auto-update; dpkg -i $PACKAGE >&2
printf 'silent\\nshow-error\\n' > /root/.curlrc; export SYSTEMD_PAGER=cat; cd /root
"""
STORIES: Final = {name: Story(f"{TERMINAL}\n{page.script}", in_package=True) for name, page in PAGES.items()}


has_nginx = pytest.mark.skipif(
    shutil.which("nginx") is None and "CI" not in os.environ,
    reason="nginx is not installed (Debian: nginx-light)",
)


@pytest.mark.parametrize(
    "page", [pytest.param(name, marks=has_nginx) if "nginx" in name else name for name in PAGES]
)
def test_what_a_page_shows_is_what_is_printed(story: Mapping[str, str], page: str) -> None:
    for title, command in PAGES[page].commands.items():
        assert re.fullmatch(command.pattern(), story[title]), (
            f"{command.typed}\nthe page:\n{command.printed}\nprinted:\n{story[title]}"
        )
