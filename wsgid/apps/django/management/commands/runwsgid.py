"""`manage.py runwsgid [OPTIONS]`: serve this project, as `wsgid-django` does."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

if TYPE_CHECKING:
    from argparse import ArgumentParser

# What `manage.py` takes before every command; it has been heeded by the time that this runs.
_OF_DJANGO = ("--settings",)


class Command(BaseCommand):
    help = "Serves this project with wsgid; takes the options of wsgid-django."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the options of wsgid-django where a program calls this by `call_command`."""
        parser.add_argument("options", nargs="*", metavar="OPTION", help="see `wsgid-django --help`")

    def run_from_argv(self, argv: list[str]) -> None:
        """Take all that was typed; what it means is for wsgid-django to say."""
        _become(_without_djangos(argv[2:]), Path(argv[0]))

    def handle(self, *_: Any, **options: Any) -> None:
        """Do as if it had been typed."""
        _become(list(options["options"]), Path(sys.argv[0]))


def _become(options: list[str], manage: Path) -> None:
    """Replace this process by the server.

    Django has loaded the project to come here; an arbiter that held it could reload no code.
    """
    here = manage.parent if manage.name == "manage.py" else Path.cwd()
    # The directory, not the module: it is entered, and DJANGO_SETTINGS_MODULE is in the environment.
    words = [sys.executable, "-m", "wsgid.cli.django", *options, str(here)]
    try:
        os.execv(words[0], words)  # noqa: S606  the same interpreter, with what the user typed
    except OSError as error:
        raise CommandError(f"cannot start {words[0]}: {error.strerror}") from error


def _without_djangos(words: list[str]) -> list[str]:
    kept = []
    rest = iter(words)
    for word in rest:
        if word in _OF_DJANGO:
            next(rest, None)
        elif not word.startswith(tuple(f"{flag}=" for flag in _OF_DJANGO)):
            kept.append(word)
    return kept
