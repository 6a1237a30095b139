"""Completion, asked of the shells themselves: words appear, and no Python is started for them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from docs.completion import SHELLS, path, script
from wsgid.config.options import PROGRAMS

if TYPE_CHECKING:
    from wsgid.config.options import Program

pytestmark = pytest.mark.slow

# What Tab does: the words so far, and which of them is being typed.
TAB = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 ))
PATH=/usr/bin:/bin
$(complete -p wsgid | sed -E 's/.*-F ([^ ]+).*/\\1/') wsgid 2>/dev/null
printf '%s\\n' "${COMPREPLY[@]}"
"""
ASKED = [
    ("--worker-c", {"--worker-class", "--worker-connections"}),
    ("--no-sen", {"--no-sendfile"}),
    ("--check-config --str", {"--strict"}),
    ("-k g", {"gthread", "gevent"}),
    ("--log-level deb", {"debug"}),
    ("--output-format ", {"full", "concise", "json"}),
    ("--explain keep", {"keepalive"}),
    ("--print-completion ", {"bash", "zsh", "fish"}),
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_as_the_parser(shell: str, program: Program) -> None:
    """If this fails: `make generated`."""
    assert script(shell, program) == path(shell, program).read_text(encoding="utf-8")


@pytest.mark.parametrize("shell", SHELLS)
def test_the_command_prints_it(shell: str) -> None:
    argv = [sys.executable, "-m", "wsgid", "--print-completion", shell]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)

    assert path(shell).read_text(encoding="utf-8") == done.stdout


@pytest.mark.parametrize(("typed", "offered"), ASKED)
def test_bash_offers_flags_and_words(typed: str, offered: set[str]) -> None:
    argv = ["bash", "--norc", "-c", TAB, "bash", str(path("bash")), "wsgid", *typed.split(" ")]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)

    assert offered == set(done.stdout.split())


def test_bash_offers_files_where_a_file_is_wanted(tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("site")
    (directory / "shop.toml").write_text("")
    argv = ["bash", "--norc", "-c", TAB, "bash", str(path("bash")), "wsgid", "-c", "sh"]
    done = subprocess.run(argv, cwd=directory, capture_output=True, text=True, check=True)

    assert "shop.toml\n" == done.stdout


def shell(name: str) -> str:
    """Give a shell that not everybody has; only the machine that decides must have it."""
    found = shutil.which(name)
    if found is None and "CI" not in os.environ:
        pytest.skip(f"there is no {name}: apt install {name}")
    return found or name


@pytest.mark.parametrize(("typed", "offered"), ASKED)
def test_fish_offers_flags_and_words(typed: str, offered: set[str]) -> None:
    fish = shell("fish")
    code = f"source {path('fish')}; complete -C 'wsgid {typed}'"
    done = subprocess.run([fish, "--no-config", "-c", code], capture_output=True, text=True, check=True)

    assert offered == {line.partition("\t")[0] for line in done.stdout.splitlines()}


def test_zsh_can_read_it() -> None:
    zsh = shell("zsh")

    assert 0 == subprocess.run([zsh, "-f", "-n", str(path("zsh"))], check=False).returncode
