"""The probe of a reload ends in time and leaves nothing, whatever a configuration file does in it."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wsgid.arbiter.loop import Loop
from wsgid.arbiter.outcome import Ended, judge
from wsgid.arbiter.probe import Probe, command, environment
from wsgid.arbiter.spawn import become, reap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.slow

DEADLINE_S = 20.0


class Stage:
    """A loop with nothing else in it, and one probe."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop

    def run(self, work: Callable[[], int], timeout_s: float = 10.0, *, until: bytes = b"") -> Ended:
        """Go through a probe's life as the arbiter does; end it once it has written `until`."""
        probe = Probe(self.loop, self.loop.undo_in_child, work, timeout_s, time.monotonic())
        last = time.monotonic() + DEADLINE_S
        while time.monotonic() < last:
            happened = self.loop.wait(min(0.5, max(0.0, probe.deadline - time.monotonic())))
            probe.tick(time.monotonic())
            for fd in happened.readable:
                assert probe.hear(fd)
            if until and until in b"".join(chunk for chunks in probe._chunks.values() for chunk in chunks):
                probe.kill()
            for exit_ in reap():
                if exit_.pid == probe.pid:
                    return probe.bury(exit_)
        probe.abandon()
        raise AssertionError("the probe did not end")


@pytest.fixture
def stage() -> Iterator[Stage]:
    before = _descriptors()
    loop = Loop()
    yield Stage(loop)
    loop.close()

    assert before == _descriptors()


def _descriptors() -> set[str]:
    return {entry.name for entry in Path("/proc/self/fd").iterdir() if entry.exists()}


def script(code: str) -> Callable[[], int]:
    def work() -> int:
        become([sys.executable, "-c", code], dict(os.environ), "/")

    return work


def test_output_status_and_last_words_arrive(stage: Stage) -> None:
    code = "import sys, os; print(os.getcwd()); print('why', file=sys.stderr); sys.exit(78)"
    ended = stage.run(script(code))

    assert (False, "exit status 78", b"/\n", b"why\n") == (
        ended.is_clean,
        ended.how,
        ended.output,
        ended.errors,
    )


def test_much_output_arrives_whole(stage: Stage) -> None:
    """A pipe holds 64 KB: a probe whose output nobody reads would never end."""
    ended = stage.run(script("print('x' * 1_000_000)"))

    assert (True, 1_000_001) == (ended.is_clean, len(ended.output))


@pytest.mark.parametrize(
    "code",
    ["while True: pass", "import time; time.sleep(3600)", "input(); import time; time.sleep(3600)"],
    ids=["spins", "sleeps", "reads"],
)
def test_who_does_not_end_is_ended(stage: Stage, code: str) -> None:
    code = code.replace("input()", "import sys; assert sys.stdin.read() == ''")
    began = time.monotonic()
    ended = stage.run(script(code), 0.5)

    assert (0.5, "killed by SIGKILL") == (ended.late_s, ended.how)
    assert time.monotonic() - began < 3.0


def test_deadline_cannot_be_caught(stage: Stage) -> None:
    code = (
        "import signal\n"
        "for n in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM): signal.signal(n, signal.SIG_IGN)\n"
        "while True: pass"
    )
    assert 0.3 == stage.run(script(code), 0.3).late_s


def test_who_prints_without_end_is_ended(stage: Stage) -> None:
    ended = stage.run(script("while True: print('x' * 1000)"))

    assert ended.has_flooded
    assert len(ended.output) < 5 * 1024 * 1024


def test_what_it_has_forked_is_ended_with_it(stage: Stage) -> None:
    code = (
        "import os, time\n"
        "if os.fork() == 0: time.sleep(3600)\n"
        "if os.fork() == 0: os.close(1); os.close(2); time.sleep(3600)\n"
        "print(*open(f'/proc/self/task/{os.getpid()}/children').read().split())"
    )
    ended = stage.run(script(code))

    assert ended.is_clean
    left = list(map(int, ended.output.split()))
    assert 2 == len(left)
    last = time.monotonic() + DEADLINE_S
    while any(_is_alive(pid) for pid in left) and time.monotonic() < last:
        os.sched_yield()
    assert not any(_is_alive(pid) for pid in left)


def _is_alive(pid: int) -> bool:
    """Zombies are dead; whose child it is now will wait for it."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


def test_it_can_be_ended_at_any_time(stage: Stage) -> None:
    ended = stage.run(script("print('here', flush=True)\nwhile True: pass"), until=b"here")

    assert ("killed by SIGKILL", 0.0) == (ended.how, ended.late_s)


def test_a_program_that_is_not_there_is_a_refusal(stage: Stage) -> None:
    def work() -> int:
        become(["/nonexistent/python"], {}, "/")

    refusal = judge(stage.run(work))

    assert refusal is not None
    assert "ended without a result, exit status 1" in refusal.reason


def test_signals_are_as_for_any_program(stage: Stage) -> None:
    """Neither blocked nor caught: what the file starts must be as it would be at the start of the server."""
    code = "print(*(line for line in open('/proc/self/status') if line.startswith(('SigBlk', 'SigIgn'))))"
    ended = stage.run(script(code))

    by_hand = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True)
    assert _masks(by_hand.stdout) == _masks(ended.output)


def _masks(status: bytes) -> list[int]:
    """Leave out what glibc keeps for itself, and sets as it likes at a posix_spawn (signal(7), NPTL)."""
    internal = 1 << 32 - 1 | 1 << 33 - 1
    return [int(line.split()[1], 16) & ~internal for line in status.splitlines() if line.strip()]


def test_descriptors_of_the_server_are_not_inherited(stage: Stage) -> None:
    """A probe that hangs must not keep a listener, nor a pipe whose end somebody waits for."""
    ours = {fd for fd in map(int, _descriptors()) if os.get_inheritable(fd)}  # of whoever runs the tests
    code = "import os; print(*[fd for fd in os.listdir('/proc/self/fd') if os.path.exists(f'/dev/fd/{fd}')])"
    with socket.create_server(("127.0.0.1", 0)):
        inherited = set(map(int, stage.run(script(code)).output.split()))

    assert {0, 1, 2} | ours == inherited


@pytest.mark.parametrize("more", range(1, 9))
def test_want_of_descriptors_is_an_error_and_nothing_is_left(stage: Stage, more: int) -> None:
    """A server that is out of them says so, and can reload once it has some again."""
    former = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(map(int, _descriptors()))
    fillers = [os.open(os.devnull, os.O_RDONLY) for _ in range(highest + 1 - len(_descriptors()))]
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(map(int, _descriptors())) + more, former[1]))
    found = 0
    try:
        probe = Probe(stage.loop, stage.loop.undo_in_child, script("pass"), 5.0, time.monotonic())
        probe.abandon()
        os.waitpid(probe.pid, 0)
    except OSError as error:
        found = error.errno or 0
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, former)
        for fd in fillers:
            os.close(fd)

    assert found in (0, errno.EMFILE)


def test_an_orphan_ends_by_itself() -> None:
    """The arbiter may be killed while a probe hangs: the kernel still knows the deadline."""
    code = """
from wsgid.arbiter import spawn
from wsgid.arbiter.spawn import become, end_later
spawn._ORPHAN_S = 0
end_later(0.1)
become(["/bin/sh", "-c", "while :; do :; done"], {}, "/")
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, timeout=30)

    assert -signal.SIGALRM == done.returncode


def test_modules_are_found_where_the_server_finds_them(tmp_path: Path) -> None:
    """Not in the start directory, where `python -m` looks first: a project's logging.py is not Python's."""
    (tmp_path / "logging.py").write_text("raise SystemExit('the wrong one')")
    words = command(sys.executable, [entry for entry in sys.path if entry], ["--help"])
    words = [word for word in words if word not in ("--check-config", "--no-app")]
    del words[words.index("--output-format") : words.index("--help")]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout.startswith("usage: wsgid ")


def test_environment_is_that_of_the_start_less_what_is_for_the_server_alone() -> None:
    """A probe that said READY=1, or took systemd's sockets for its own, would be taken for the server."""
    start = {
        "PATH": "/bin",
        "WSGID_WORKERS": "3",
        "NOTIFY_SOCKET": "/run/n",
        "LISTEN_FDS": "1",
        "LISTEN_PID": "7",
        "LISTEN_FDNAMES": "web",
        "WATCHDOG_USEC": "1",
        "WATCHDOG_PID": "7",
        "WSGID_PREDECESSOR": "6",
    }
    assert {"PATH": "/bin", "WSGID_WORKERS": "3"} == environment(start)


BOUNDED = """
import sys, time
from wsgid.arbiter.loop import Loop, TooLongError
loop = Loop()
try:
    with loop.at_most(0.2):
        {what}
except TooLongError:
    print("stopped")
time.sleep(0.5)  # it does not come again
import signal
print(signal.getsignal(signal.SIGALRM) == signal.SIG_DFL)
"""


@pytest.mark.parametrize(
    ("what", "printed"),
    [
        ("pass", "True\n"),
        ("time.sleep(3600)", "stopped\nTrue\n"),
        ("exec('while True: pass')", "stopped\nTrue\n"),
        (
            "exec('while True:\\n try:\\n  while True: pass\\n except Exception: pass')",
            "stopped\nTrue\n",
        ),
        (
            "exec('try:\\n while True: pass\\nexcept BaseException: pass\\nwhile True: pass')",
            "stopped\nTrue\n",
        ),
    ],
    ids=["quick", "sleep", "loop", "catches exceptions", "catches once"],
)
def test_what_the_server_does_itself_is_bounded(what: str, printed: str) -> None:
    code = BOUNDED.format(what=what)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (printed, "") == (done.stdout, done.stderr)
