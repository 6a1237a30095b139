"""The figures of a measurement: where they are from, how they are kept, and how they come into a page.

A run is a frozen dataclass, kept as JSON beside its page. In the page, what stands between the comments
`<!-- measured: NAME -->` and `<!-- end -->` is a function of it; a test holds the two together, so that no
figure is changed by hand.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Final, TypeVar

from pydantic import TypeAdapter

from tests.support import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

PAGES: Final = ROOT / "docs" / "explanation"

_BLOCK: Final = re.compile(r"(<!-- measured: (\S+) -->\n).*?(<!-- end -->\n)", re.DOTALL)

Run = TypeVar("Run")


@dataclass(frozen=True, slots=True)
class Origin:
    """What one must know of a run to compare it with another."""

    date: str
    commit: str
    python: str
    kernel: str
    cpus: int

    def __str__(self) -> str:
        return f"{self.date} at {self.commit}: {self.cpus} CPUs, {self.python}, Linux {self.kernel}"


def origin_now() -> Origin:
    """Say what is measured here and now."""
    how = "with" if is_optimized() else "**without**"
    return Origin(
        date=today(),
        commit=commit_now(),
        python=f"{platform.python_implementation()} {platform.python_version()}, built {how} optimizations",
        kernel=platform.release(),
        cpus=os.cpu_count() or 0,
    )


def today() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%d")


def commit_now() -> str:
    """Name what is measured; pages that an earlier section has written are no part of it."""
    commit = _git("rev-parse", "--short", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".", f":!{PAGES.relative_to(ROOT)}")
    return f"{commit}-dirty" if changed else commit


def _git(*words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()


def is_optimized() -> bool:
    """Whether this Python was built by a profile of its own work; that of a distribution does not say so."""
    built_with = sysconfig.get_config_var("CONFIG_ARGS") or ""
    return "--enable-optimizations" in built_with or sys.base_prefix == "/usr"


# A run, and its file


def read(kind: type[Run], file: Path) -> Run:
    """Read what `write` has written."""
    return TypeAdapter(kind).validate_json(file.read_bytes())


def write(run: object, file: Path) -> None:
    """Keep a run, a dataclass, as JSON."""
    file.write_bytes(TypeAdapter(type(run)).dump_json(run, indent=2) + b"\n")


# A run, and its page


def filled(page: str, blocks: Mapping[str, str]) -> str:
    """Return a page with its blocks as they should be; each stands in it once."""
    missing = blocks.keys() - {name for _, name, _ in _BLOCK.findall(page)}
    if missing:
        raise ValueError(f"the page has no block {', '.join(sorted(missing))}")
    return _BLOCK.sub(lambda block: f"{block[1]}\n{blocks[block[2]]}\n\n{block[3]}", page)


def fill(page: Path, blocks: Mapping[str, str]) -> None:
    """Write the blocks into a page."""
    page.write_text(filled(page.read_text(encoding="utf-8"), blocks), encoding="utf-8")


def is_filled(page: Path, blocks: Mapping[str, str]) -> bool:
    """Whether a page says what was measured; for a test."""
    text = page.read_text(encoding="utf-8")
    return text == filled(text, blocks)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, words: int = 1) -> str:
    """Return a table in Markdown: so many columns of words, the others are figures."""
    lines = [heads, ["---"] * words + ["--:"] * (len(heads) - words), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
