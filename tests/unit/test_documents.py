"""The documents say what the code knows, and lead nowhere that is not there."""

import difflib
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import get_args

import pytest

from docs.entries import TEXTS
from docs.generate import filled
from docs.manual import manuals
from docs.terminal import is_told, told
from wsgid.arbiter.loop import HANDLED
from wsgid.config.diagnostics import Code
from wsgid.config.hooks import HOOKS
from wsgid.config.load import load
from wsgid.config.settings import Settings
from wsgid.errors import ExitCode
from wsgid.hooks import IN_THE_ARBITER
from wsgid.workers.process import IGNORED, LISTENED_TO

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
MANUALS = sorted(manuals())

LINK = re.compile(r"\]\(([^)\s]+)\)")
CONFIGURATION = re.compile(r"^```(toml|yaml)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"^```.*?^```$|`[^`\n]+`", re.DOTALL | re.MULTILINE)

# Pages with many commands, each of which is a start of an interpreter.
LONG = {"howto/write-a-configuration.md", "howto/keep-secrets.md", "howto/layers-and-drop-ins.md"}

# Written by `make bench`, on a machine with nothing else to do.
MEASURED = DOCS / "explanation" / "performance.md"

# A worker's own: its last words, and the look without a death.
OF_WORKERS = (*LISTENED_TO, *IGNORED, signal.SIGABRT, signal.SIGKILL)
# Real-time signals have numbers only, but for the first.
NAMES = {signal.SIGRTMIN + 1: "SIGRTMIN+1"}


def rows(page: str, section: str) -> str:
    """The first cells of the tables in a section."""
    text = (DOCS / page).read_text(encoding="utf-8")
    _, found, body = text.partition(f"\n## {section}\n")
    assert found, f"{page} has no section {section}"
    lines = body.partition("\n## ")[0].splitlines()
    return "\n".join(line.split("|")[1] for line in lines if line.startswith("|"))


def stale(there: str, made: str) -> list[str]:
    """The first of what is different; a page is long."""
    return list(
        difflib.unified_diff(there.splitlines(), made.splitlines(), "there", "made", n=1, lineterm="")
    )[:20]


@pytest.mark.parametrize("number", HANDLED, ids=lambda number: number.name)
def test_the_signals_page_has_each_signal_of_the_arbiter(number: signal.Signals) -> None:
    assert f"`{number.name}`" in rows("reference/signals.md", "The arbiter")


@pytest.mark.parametrize("number", [int(number) for number in OF_WORKERS])
def test_the_signals_page_has_each_signal_of_a_worker(number: int) -> None:
    name = NAMES.get(number) or signal.Signals(number).name

    assert f"`{name}`" in rows("reference/signals.md", "A worker")


def test_the_exit_codes_page_has_each_exit_code() -> None:
    text = (DOCS / "reference" / "exit-codes.md").read_text(encoding="utf-8")

    assert [] == [code for code in ExitCode if f"\n| {code.value} | `{code.name}` |" not in text]


def test_the_messages_page_has_each_code() -> None:
    assert [] == [
        code for code in get_args(Code) if f"`{code}`" not in rows("reference/messages.md", "Codes")
    ]


@pytest.mark.parametrize("hook", HOOKS)
def test_the_hooks_page_has_each_hook_with_its_arguments(hook: str) -> None:
    where = "arbiter" if hook in IN_THE_ARBITER else "worker"

    assert f"\n| `{hook}({', '.join(HOOKS[hook])})` | {where} |" in (
        DOCS / "reference" / "hooks.md"
    ).read_text(encoding="utf-8")


def test_each_text_is_of_a_setting() -> None:
    """A setting that was renamed must not leave its text behind."""
    assert set() == set(TEXTS) - set(Settings.model_fields)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_what_is_made_from_the_code_is_as_the_code(page: Path) -> None:
    """`make generated` writes it anew."""
    text = page.read_text(encoding="utf-8")

    assert [] == stale(text, filled(text))


@pytest.mark.slow
@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=pytest.mark.again if str(page.relative_to(DOCS)) in LONG else ())
        for page in PAGES
        if is_told(page.read_text(encoding="utf-8"))
    ],
    ids=lambda page: str(page.relative_to(DOCS)),
)
def test_what_a_page_shows_is_what_its_commands_print(page: Path) -> None:
    """`make generated` writes it anew; look at what has changed before you commit it."""
    text = page.read_text(encoding="utf-8")

    assert [] == stale(text, told(text))


@pytest.mark.parametrize("manual", MANUALS, ids=lambda manual: manual.name)
def test_the_manual_is_as_the_code(manual: Path) -> None:
    """`make generated` writes it anew."""
    assert [] == stale(manual.read_text(encoding="utf-8"), manuals()[manual])


@pytest.mark.parametrize("manual", MANUALS, ids=lambda manual: manual.name)
def test_mandoc_finds_nothing_wrong_with_the_manual(manual: Path) -> None:
    done = subprocess.run(
        [program("mandoc", "mandoc"), "-T", "lint", str(manual)], capture_output=True, text=True, check=False
    )

    assert ("", "") == (done.stdout, done.stderr)


@pytest.mark.parametrize("manual", MANUALS, ids=lambda manual: manual.name)
def test_groff_finds_nothing_wrong_with_the_manual(manual: Path) -> None:
    """As `man` calls it, with all warnings; on a terminal, where most people read it."""
    command = [program("groff", "groff-base"), "-mandoc", "-Tutf8", "-k", "-ww", "-z", str(manual)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert ("", 0) == (done.stderr, done.returncode)


def program(name: str, package: str) -> str:
    """Return the path of a program that not everybody has; only the machine that decides must have it."""
    path = shutil.which(name)
    if path is None and "CI" not in os.environ:
        pytest.skip(f"there is no {name}: apt install {package}")
    return path or name


def test_each_decision_has_a_number_of_its_own() -> None:
    """A gap is a page that is still being written."""
    numbers = [path.name.partition("-")[0] for path in sorted((DOCS / "decisions").iterdir())]

    assert sorted({f"{int(number):04}" for number in numbers}) == numbers


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_tells_people_to_write_is_right(page: Path, tmp_path: Path) -> None:
    """Those in a file that the page itself checks may be wrong, for that is what they show."""
    for ending, text in CONFIGURATION.findall(page.read_text(encoding="utf-8")):
        file = tmp_path / f"page.{ending}"
        file.write_text(text, encoding="utf-8")
        loaded = load(["--check-config", "-c", str(file)], {}, str(tmp_path))

        assert [] == [str(warning) for warning in loaded.warnings]


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: str(page.relative_to(ROOT)))
def test_each_link_leads_to_a_file(page: Path) -> None:
    text = CODE.sub("", page.read_text(encoding="utf-8"))
    links = [link.partition("#")[0] for link in LINK.findall(text) if "://" not in link]
    targets = [(page.parent / link).resolve() for link in links if link]

    assert [] == [str(target) for target in targets if not target.exists() and target != MEASURED]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_each_page_can_be_reached_from_the_first(page: Path) -> None:
    """`make generated` adds a decision; another page wants a line in index.md."""
    reached: set[Path] = set()
    to_read = [DOCS / "index.md"]
    while to_read:
        current = to_read.pop()
        if current not in reached and current.is_file():
            reached.add(current)
            links = LINK.findall(current.read_text(encoding="utf-8"))
            to_read += [(current.parent / link.partition("#")[0]).resolve() for link in links]

    assert page in reached


def test_the_tour_names_only_files_that_are_there() -> None:
    """A tour through rooms that were torn down is worse than none."""
    text = (DOCS / "explanation" / "tour.md").read_text(encoding="utf-8")
    names = {Path(name).name for name in re.findall(r"`([\w/]+\.py)`", text)}
    files = {path.name for top in ("wsgid", "tests") for path in (ROOT / top).rglob("*.py")}

    assert set() == names - files


def test_pages_name_only_what_is_there() -> None:
    """A path that was moved, or a target of make that was renamed, leads nowhere."""
    pages = [*PAGES, ROOT / "README.md", ROOT / "CHANGELOG.md"]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    code = "\n".join(CODE.findall(text))
    paths = set(re.findall(r"`((?:wsgid|tests|docs|etc/wsgid|systemd)/[\w./@-]*)`", text))
    rooms = "|".join(room.name for room in (ROOT / "wsgid").iterdir() if room.is_dir())
    paths |= {f"wsgid/{path}" for path in re.findall(rf"`((?:{rooms})/[\w./-]+)`", text)}
    modules = set(re.findall(r"-m ((?:wsgid|tests|docs)\.[\w.]+)", code))
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

    assert set() == {path for path in paths if not (ROOT / path).exists()}
    assert set() == {name for name in modules if not list(ROOT.glob(f"{name.replace('.', '/')}*"))}
    assert set() == set(re.findall(r"^`?make ([a-z][\w-]*)", code, re.MULTILINE)) - targets
