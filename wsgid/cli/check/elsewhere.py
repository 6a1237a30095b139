"""Whether the application can be imported where it will be: by the Python of `virtualenv`.

The child that looks has become the user that will serve, and asks a process of that environment: root must
not run what may be another's to write, and the other instances of --all have environments of their own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from wsgid.apps import virtualenv
from wsgid.cli.check.application import look_at_application, subject
from wsgid.cli.check.finding import Finding, read_findings
from wsgid.config.settings import Settings
from wsgid.daemon.signal_name import signal_name

if TYPE_CHECKING:
    from collections.abc import Iterator

# What look_at_application reads.
_ASKED = ("chdir", "pythonpath", "env", "app", "paste", "paste_global", "worker_class")

# The first entry of -c is the start directory, as it is not for the command: a file there called logging.py
# would be taken for the library's.
_BOOT = """import sys
sys.path[:] = [entry for entry in sys.path if entry]
from wsgid.cli.check.elsewhere import answer
answer()"""


def look_from_environment(settings: Settings) -> Iterator[Finding]:
    """Have the environment's Python import all that its workers will import; yields what it finds."""
    assert settings.virtualenv is not None
    hooks = {name: hook for name, hook in settings.hooks.items() if isinstance(hook, str)}
    question = {**{name: getattr(settings, name) for name in _ASKED}, "hooks": hooks}
    done = subprocess.run(  # noqa: S603  what is to be run is what is being checked
        [virtualenv.interpreter(settings.virtualenv), "-c", _BOOT],
        input=json.dumps(question),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.stdout.endswith("]\n"):
        yield from read_findings(json.loads(done.stdout))
        return
    ended = f"exit status {done.returncode}"
    if done.returncode < 0:
        ended = signal_name(-done.returncode)
    setting, what = subject(settings)
    message = f"{what}: its import in `{settings.virtualenv}` ended with {ended}"
    yield Finding("cannot-import", message, setting)


def answer() -> None:
    """Be the process in the environment: read the question, print the findings."""
    question = json.load(sys.stdin)
    # What an application prints at its import is no part of the answer.
    output = os.dup(1)
    os.dup2(2, 1)
    findings = list(look_at_application(Settings.model_construct(**question)))
    sys.stdout.flush()
    with os.fdopen(output, "w") as stream:
        stream.write(json.dumps(findings) + "\n")
        stream.flush()
        # Threads that the application has started are not to keep us.
        os._exit(0)
