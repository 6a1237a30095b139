"""The server under test: a real process tree, started, listened to and ended as systemd would.

`start_server` opens a NOTIFY_SOCKET, starts the server in a fresh directory and waits for READY=1. Nothing
here sleeps or polls a port: one thread a server reads its output, its notifications and its end, and whoever
waits is woken by that.
"""

from __future__ import annotations

import array
import contextlib
import fcntl
import os
import re
import select
import selectors
import shutil
import signal as signals
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

T = TypeVar("T")

ROOT = Path(__file__).resolve().parent.parent
BOOT_DEADLINE_S = 40.0
LINE_DEADLINE_S = 20.0
END_DEADLINE_S = 15.0
# of the log, in the message of a wait that was in vain
LAST_LINES = 40
# pid, uid, gid: `struct ucred` of unix(7)
CREDENTIALS = struct.Struct("3i")
ADDRESS = re.compile(r"(?:[Ll]istening at|Serving on):? (\S+)")


class ServerError(AssertionError):
    """The server did not do in time what the test waits for; the text ends with its log."""


@contextlib.contextmanager
def start_server(
    *args: str,
    app: str | None = "tests.apps.echo:application",
    bind: Sequence[str] = ("127.0.0.1:0",),
    config: str | None = None,
    env: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
    module: str | None = None,
    peer: str = "wsgid",
    prefix: Sequence[str] = (),
    ready: bool = True,
    sockets: Sequence[tuple[str, socket.socket]] = (),
) -> Iterator[ServerProcess]:
    """Start a server in a directory of its own; end it and all its descendants on the way out.

    `config` is the text of a TOML file that is given with -c; `files` are written to the directory before the
    start (it is the current directory of the server, and the repository is on PYTHONPATH); a name in `env`
    with an empty value is taken out of the environment. `peer` is one of PEERS: tests that claim to find
    faults are shown to find them in another server. `module` is what `python -m` runs instead of it: another
    of our commands, or a file of the directory that becomes one. With `ready=False` the caller waits for what
    it expects instead (`wait`, `expect`). `sockets` are passed as systemd passes those of socket units.
    """
    directory = Path(tempfile.mkdtemp(prefix="wsgid-test-"))
    for name, text in (files or {}).items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    argv = [sys.executable, "-m", *PEERS[peer](bind, app)]
    argv[2] = module or argv[2]
    if config is not None:
        (directory / "wsgid.toml").write_text(config)
        argv[3:3] = ["-c", "wsgid.toml"]
    argv[3:3] = args
    argv[:0] = prefix
    server = ServerProcess(argv, directory, env or {}, peer, sockets)
    try:
        if ready:
            server.wait_ready()
        yield server
        server.end()
    except BaseException:
        server.keep = True
        sys.stderr.write(server.story())
        raise
    finally:
        server.kill()
        if not server.keep:
            shutil.rmtree(directory, ignore_errors=True)


def wsgid_command(bind: Sequence[str], app: str | None) -> Sequence[str]:
    """Give module and arguments; the interpreter is the one that runs the tests."""
    return ["wsgid", *(word for one in bind for word in ("-b", one)), *([app] if app else [])]


def gunicorn_command(bind: Sequence[str], app: str | None) -> Sequence[str]:
    """Give gunicorn's, which has the same flags and speaks to systemd too."""
    return ["gunicorn", *(word for one in bind for word in ("-b", one)), *([app] if app else [])]


PEERS: Mapping[str, Callable[[Sequence[str], str | None], Sequence[str]]] = {
    "wsgid": wsgid_command,
    "gunicorn": gunicorn_command,
}


@dataclass(frozen=True, slots=True)
class Notification:
    """One datagram that came to the notification socket."""

    pid: int
    text: str


class ServerProcess:
    """One running server. Its reader thread alone writes `_lines`, `_stdout`, `_notes`, under `_changed`."""

    def __init__(
        self,
        argv: Sequence[str],
        directory: Path,
        env: Mapping[str, str],
        peer: str,
        sockets: Sequence[tuple[str, socket.socket]] = (),
    ) -> None:
        """Start it; `start_server` is what a test calls."""
        self.argv = tuple(argv)
        self.directory = directory
        self.peer = peer
        # set by whoever sees the test fail: the directory is then left for a look
        self.keep = False
        self._changed = threading.Condition()
        self._lines: list[str] = []
        self._stdout: list[str] = []
        self._notes: list[Notification] = []
        # what it has had systemd keep (FDSTORE=1), by name: a server that comes after it may be given it
        self._stored: dict[str, socket.socket] = {}
        self._is_ended = False
        # every holder of its ends of the pipes has gone, so `_lines` will not grow any more
        self._is_silent = False
        notify_path = str(directory / "notify")
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._notify.bind(notify_path)
        self._notify.setblocking(False)
        passing, variables, descriptors = _pass(sockets)
        self._process = subprocess.Popen(
            [*passing, *self.argv],
            cwd=directory,
            env=_environment({"NOTIFY_SOCKET": notify_path, **variables, **env}),
            pass_fds=descriptors,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # a session of its own: its id finds every descendant, however often it forked
            start_new_session=True,
        )
        for descriptor in descriptors:
            os.close(descriptor)
        self.pid = self._process.pid
        self._reader = threading.Thread(target=self._read, name=f"reads {self.pid}", daemon=True)
        self._reader.start()

    # ------------------------------------------------------------------ what a test asks

    @property
    def log(self) -> str:
        """Everything that it has written to stdout and stderr so far, line by line as it came."""
        with self._changed:
            return "".join(f"{line}\n" for line in self._lines)

    def lines(self, since: int = 0, until: int | None = None) -> list[str]:
        """Give the lines between two marks."""
        with self._changed:
            return self._lines[since:until]

    @property
    def stdout(self) -> str:
        """What came by stdout alone."""
        with self._changed:
            return "".join(f"{line}\n" for line in self._stdout)

    @property
    def notifications(self) -> tuple[Notification, ...]:
        """What it has told systemd, a datagram each."""
        with self._changed:
            return tuple(self._notes)

    @property
    def stored(self) -> tuple[tuple[str, socket.socket], ...]:
        """What systemd would keep for it, as `sockets` of another server; closed with this one."""
        with self._changed:
            return tuple(self._stored.items())

    @property
    def exit_code(self) -> int | None:
        """Give the exit status, negative for a signal; None while it runs."""
        with self._changed:
            return self._process.returncode if self._is_ended else None

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every address of the log's "listening at" lines: http://127.0.0.1:40001, unix:/run/x."""
        found = [one for match in ADDRESS.finditer(self.log) for one in match[1].rstrip(",").split(",")]
        return tuple(dict.fromkeys(found))

    @property
    def address(self) -> str:
        """The first address, waited for."""
        self.expect(ADDRESS.pattern)
        return self.addresses[0]

    @property
    def port(self) -> int:
        """Give the port of the first address."""
        return int(self.address.rpartition(":")[2].rstrip("/"))

    def connect(self, address: str | None = None, *, timeout_s: float = 10.0) -> socket.socket:
        """Open a connection; every operation on it fails after `timeout_s`, so that no test hangs."""
        address = address or self.address
        if re.match("unix:[^/@]", address):
            # as the server sees it
            address = f"unix:{self.directory / address.removeprefix('unix:')}"
        return connect(address, timeout_s=timeout_s)

    def children(self) -> tuple[int, ...]:
        """Give the pids of its children (the workers), in the order of their birth."""
        return children(self.pid)

    def signal(self, number: int, pid: int | None = None) -> None:
        """Send a signal to the server, or to one of its workers."""
        os.kill(self.pid if pid is None else pid, number)

    def mark(self) -> int:
        """Give a place in the log; `expect(..., since=mark)` then sees only what comes after."""
        with self._changed:
            return len(self._lines)

    def expect(
        self, pattern: str, *, since: int = 0, count: int = 1, deadline_s: float = LINE_DEADLINE_S
    ) -> re.Match[str]:
        """Wait until `count` lines match, and give the last of these; what is there already counts too."""
        compiled = re.compile(pattern)

        def found() -> re.Match[str] | None:
            matches = [match for line in self._lines[since:] if (match := compiled.search(line))]
            return matches[count - 1] if len(matches) >= count else None

        what = f"line {pattern!r} (times {count})"
        return self._wait_for(found, what, deadline_s, is_over=lambda: self._is_silent)

    def expect_notification(
        self, pattern: str, *, since: int = 0, deadline_s: float = LINE_DEADLINE_S
    ) -> Notification:
        """Wait for a datagram whose whole text matches."""
        compiled = re.compile(pattern)

        def found() -> Notification | None:
            return next((note for note in self._notes[since:] if compiled.fullmatch(note.text)), None)

        return self._wait_for(found, f"notification {pattern!r}", deadline_s, is_over=lambda: self._is_ended)

    def wait_ready(self, deadline_s: float = BOOT_DEADLINE_S) -> None:
        """Wait for READY=1. Ours comes in a datagram of its own; a peer's may bring more (sd_notify(3))."""
        pattern = "READY=1\n?" if self.peer == "wsgid" else r"READY=1(\n.*)*"
        self.expect_notification(pattern, deadline_s=deadline_s)

    def wait(self, deadline_s: float = END_DEADLINE_S) -> int:
        """Wait until it has ended and its output is read to the end; give the exit status."""
        self._wait_for(lambda: self._is_ended or None, "its end", deadline_s)
        # a descendant that outlives the server holds the pipes: "nothing left behind" is asked of every test
        self._wait_for(lambda: self._is_silent or None, "the end of its descendants", deadline_s)
        return self._process.returncode

    def wait_alone(self, deadline_s: float = END_DEADLINE_S) -> int:
        """Wait until it has ended, whichever descendants live on; give the exit status."""
        self._wait_for(lambda: self._is_ended or None, "its end", deadline_s)
        return self._process.returncode

    def stop(self, number: int = signals.SIGTERM, deadline_s: float = END_DEADLINE_S) -> int:
        """Ask it to stop (gracefully by default), and give the exit status."""
        if self.exit_code is None:
            # It may have ended by itself since we looked.
            with contextlib.suppress(ProcessLookupError):
                self.signal(number)
        return self.wait(deadline_s)

    def story(self) -> str:
        """Tell all that is known: for whoever reads a failed test."""
        notes = "".join(f"  pid {note.pid}: {note.text!r}\n" for note in self.notifications)
        return (
            f"server: {' '.join(self.argv)}\npid {self.pid}, exit status {self.exit_code}\n"
            f"directory: {self.directory}\nnotifications:\n{notes}log:\n{self.log}"
        )

    # ------------------------------------------------------------------ how it ends

    def end(self) -> None:
        """Stop at once, as the last act of a test that has said all it wants to know of the end.

        How another server ends is not judged: `kill` ends it.
        """
        if self.peer == "wsgid":
            self.stop(signals.SIGQUIT)

    def kill(self) -> None:
        """Leave no process behind, whatever has happened; each by its pid."""
        while survivors := _session(self.pid):
            for pid in survivors:
                _kill(pid)
        self._reader.join(END_DEADLINE_S)
        for name in tuple(self._stored):
            self._forget(name)
        self._notify.close()

    # ------------------------------------------------------------------ the reader thread

    def _read(self) -> None:
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        ended = os.pidfd_open(self.pid)
        partial = {self._process.stdout: b"", self._process.stderr: b""}
        with selectors.DefaultSelector() as selector:
            for pipe in partial:
                selector.register(pipe, selectors.EVENT_READ)
            selector.register(self._notify, selectors.EVENT_READ)
            selector.register(ended, selectors.EVENT_READ)
            while partial or not self._is_ended:
                ready = [key.fileobj for key, _ in selector.select()]
                if self._notify in ready:
                    self._take_notification()
                for pipe in [pipe for pipe in partial if pipe in ready]:
                    if not self._take_output(pipe, partial):
                        selector.unregister(pipe)
                        pipe.close()
                # last, so that what was said before the end is known when the end is
                if ended in ready and not self._is_ended:
                    self._drain_notifications()
                    selector.unregister(ended)
                    self._process.wait()
                    with self._changed:
                        self._is_ended = True
                        self._changed.notify_all()
        os.close(ended)
        with self._changed:
            self._is_silent = True
            self._changed.notify_all()

    def _take_output(self, pipe: IO[bytes], partial: dict[IO[bytes], bytes]) -> bool:
        data = os.read(pipe.fileno(), 65536)
        *lines, rest = (partial[pipe] + data).split(b"\n")
        if not data and rest:
            lines, rest = [*lines, rest], b""
        partial[pipe] = rest
        texts = [line.decode("utf-8", "backslashreplace") for line in lines]
        with self._changed:
            self._lines += texts
            if pipe is self._process.stdout:
                self._stdout += texts
            self._changed.notify_all()
        if not data:
            del partial[pipe]
        return bool(data)

    def _drain_notifications(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                self._take_notification()

    def _take_notification(self) -> None:
        data, ancillary, _, _ = self._notify.recvmsg(8192, socket.CMSG_SPACE(256))
        pid = 0
        text = data.decode("utf-8", "backslashreplace")
        for level, kind, content in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                descriptors = array.array("i")
                descriptors.frombytes(content[: len(content) - len(content) % descriptors.itemsize])
                for descriptor in descriptors:
                    # BARRIER=1: systemd-notify waits until its descriptor is closed
                    self._store(text, descriptor)
            elif (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
                pid = CREDENTIALS.unpack(content)[0]
        with self._changed:
            if text.startswith("FDSTOREREMOVE=1\nFDNAME="):
                self._forget(text.partition("FDNAME=")[2])
            self._notes.append(Notification(pid, text))
            self._changed.notify_all()

    def _store(self, text: str, descriptor: int) -> None:
        """Keep a descriptor as systemd would; close any other."""
        if not text.startswith("FDSTORE=1\nFDNAME="):
            os.close(descriptor)
            return
        with self._changed:
            self._forget(name := text.partition("FDNAME=")[2])
            self._stored[name] = socket.socket(fileno=descriptor)

    def _forget(self, name: str) -> None:
        if (former := self._stored.pop(name, None)) is not None:
            former.close()

    def _wait_for(
        self,
        found: Callable[[], T | None],
        what: str,
        deadline_s: float,
        is_over: Callable[[], bool] = lambda: False,
    ) -> T:
        """Wait until `found` gives something; it is asked again after each change."""
        deadline = time.monotonic() + deadline_s
        with self._changed:
            while (result := found()) is None:
                left_s = deadline - time.monotonic()
                if is_over() or left_s <= 0:
                    break
                self._changed.wait(left_s)
        if result is None:
            why = "the server has ended" if is_over() else f"{deadline_s} s have passed"
            # the whole story is in the report of the failed test
            last = "".join(f"{line}\n" for line in self.log.splitlines()[-LAST_LINES:])
            message = f"waited for {what}: {why}; the log ends with\n{last}"
            raise ServerError(message)
        return result


# What systemd does between fork(2) and execve(2): the descriptors begin with 3, and belong to one process.
_PASS = """import os, sys
numbers = [int(word) for word in sys.argv[1].split(",")]
for index, number in enumerate(numbers):
    os.dup2(number, 3 + index)
    os.close(number)
os.environ.setdefault("LISTEN_PID", str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])"""
_HIGH = 200


def _pass(sockets: Sequence[tuple[str, socket.socket]]) -> tuple[list[str], dict[str, str], tuple[int, ...]]:
    """Give what stands before the command, the variables, and descriptors that are ours to close."""
    if not sockets:
        return [], {}, ()
    # beyond those that they will be
    numbers = tuple(fcntl.fcntl(sock, fcntl.F_DUPFD_CLOEXEC, _HIGH) for _, sock in sockets)
    names = ":".join(name for name, _ in sockets)
    words = [sys.executable, "-ISc", _PASS, ",".join(map(str, numbers))]
    return words, {"LISTEN_FDS": str(len(sockets)), "LISTEN_FDNAMES": names}, numbers


def connect(address: str, *, timeout_s: float = 10.0) -> socket.socket:
    """Open a connection to http(s)://HOST:PORT or unix:PATH; the TLS on it is the caller's affair."""
    if address.startswith("unix:"):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(timeout_s)
        path = address.removeprefix("unix:")
        try:
            sock.connect(path.replace("@", "\0", 1) if path.startswith("@") else path)
        except OSError:
            sock.close()
            raise
        return sock
    host, _, port = address.partition("://")[2].rstrip("/").rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=timeout_s)


def wait_until(is_so: Callable[[], bool], deadline_s: float = END_DEADLINE_S) -> None:
    """Look again and again for what nobody tells of; fail if it does not come."""
    last = time.monotonic() + deadline_s
    while not is_so():
        assert time.monotonic() < last, f"it did not come within {deadline_s:g} s"
        time.sleep(0.01)


def children(pid: int) -> tuple[int, ...]:
    """Give the pids of a process's living children; none when it has gone.

    The kernel's list may lack one while another one ends (proc(5)), so it must say the same twice; and it has
    those that have ended and were not waited for.
    """
    before: tuple[int, ...] | None = None
    while before != (now := _listed_children(pid)):
        before = now
    return tuple(child for child in now if _is_living(child))


def _listed_children(pid: int) -> tuple[int, ...]:
    try:
        return tuple(int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    except (FileNotFoundError, ProcessLookupError):
        return ()


def _is_living(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _session(leader: int) -> tuple[int, ...]:
    """Give every living process of the session that the server leads; zombies have nothing left to end."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                # proc(5): the name may hold spaces and brackets; after its last one: state ppid pgrp session
                state, _, _, session = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
                if int(session) == leader and state not in "ZX":
                    found.append(int(entry.name))
    return tuple(found)


def _kill(pid: int) -> None:
    """Kill a process and wait until it is dead (a zombie, where it is not our child)."""
    with contextlib.suppress(ProcessLookupError):
        handle = os.pidfd_open(pid)
        try:
            signals.pidfd_send_signal(handle, signals.SIGKILL)
            poll = select.poll()
            poll.register(handle, select.POLLIN)
            poll.poll(END_DEADLINE_S * 1000)
        finally:
            os.close(handle)


def _environment(changes: Mapping[str, str]) -> dict[str, str]:
    """Give our own environment, without what would configure a server, with the repository to import from."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("WSGID_", "GUNICORN_", "LISTEN_", "WATCHDOG_")) and name not in _CONFIGURES
    }
    path = os.pathsep.join(filter(None, [str(ROOT), changes.get("PYTHONPATH", "")]))
    merged = {**kept, "PYTHONUNBUFFERED": "1", **changes, "PYTHONPATH": path}
    return {name: value for name, value in merged.items() if value}


_CONFIGURES = frozenset({"WEB_CONCURRENCY", "PORT", "FORWARDED_ALLOW_IPS", "NOTIFY_SOCKET", "PYTHONPATH"})
