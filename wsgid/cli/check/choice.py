"""Whether a choice is plainly wrong for what can be seen of the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wsgid.cli.check.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wsgid.config.processors import Machine
    from wsgid.config.settings import Settings

# A worker with an application of three lines has 10 MB for itself (docs/explanation/performance.md); one with
# a framework has several times as much. Less than this is a mistake whatever is served.
LEAST_OF_A_WORKER = 16 * 2**20


def look_at_choice(settings: Settings, machine: Machine) -> Iterator[Finding]:
    """Yield a warning where there are more workers than memory allows."""
    most = machine.memory // LEAST_OF_A_WORKER
    if settings.workers > most:
        wanted = settings.workers * LEAST_OF_A_WORKER
        message = (
            f"`workers = {settings.workers}` want {wanted >> 20} MiB of memory at the very least, and there"
            f" are {machine.memory >> 20} MiB"
        )
        note = 'write "auto", and see how much memory one takes: `wsgidctl status`'
        yield Finding("conflict", message, "workers", None, note, severity="warning")
