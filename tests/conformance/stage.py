"""Plays a case against a server: sends, reads, looks at what the application and the error log say."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import re
import socket
from typing import TYPE_CHECKING

from tests.conformance.case import ABSENT, SMUGGLED, Act, Case, Reply
from tests.wire import Answer, Wire

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    from tests.support import ServerProcess

TOLD = "-- "
DATE = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-3]\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} "
    r"[0-2]\d:[0-5]\d:[0-6]\d GMT"
)
# A refusal is "a short answer".
REFUSAL_BODY_BYTES = 200


class Stage:
    """One server, and a connection of our own to it by which the log is divided."""

    def __init__(self, server: ServerProcess, kind: str, context: ssl.SSLContext | None = None) -> None:
        """Take a server that serves `tests.apps.probe`; `context` where it speaks TLS."""
        self.server = server
        self.kind = kind
        self._context = context
        # for each wait on a socket; a server that does what it should never comes near
        self.timeout_s = 5.0 if server.peer == "wsgid" else 0.3
        self._numbers = itertools.count(1)
        self._control: Wire | None = None

    def close(self) -> None:
        """Close our own connection."""
        if self._control:
            self._control.sock.close()

    def mark(self) -> int:
        """Have the application write a mark into the log; give the place behind it.

        Whatever a worker wrote before it took this request stands above the mark.
        """
        number = next(self._numbers)
        request = b"GET /-/mark?%d HTTP/1.1\r\nHost: h\r\n\r\n" % number
        before = self.server.mark()
        if self._control:
            # a worker may have died, or kept the connection for less than we did
            with contextlib.suppress(OSError, AssertionError):
                self._control.ask(request)
                return self._place_of(number, before)
            self._control.sock.close()
        self._control = Wire(self._connect(None, None))
        self._control.ask(request)
        return self._place_of(number, before)

    def _place_of(self, number: int, before: int) -> int:
        self.server.expect(f"^{TOLD}mark {number}$", since=before)
        return before + self.server.lines(before).index(f"{TOLD}mark {number}") + 1

    def wire(self, address: str | None = None) -> Wire:
        """Open a connection."""
        return Wire(self._connect(address, self.timeout_s))

    def _connect(self, address: str | None, timeout_s: float | None) -> socket.socket:
        timeout = {} if timeout_s is None else {"timeout_s": timeout_s}
        sock = self.server.connect(address, **timeout)
        if self._context is None:
            return sock
        return self._context.wrap_socket(sock, suppress_ragged_eofs=False)

    def play(self, case: Case) -> None:
        """Play it, and check all that it says."""
        start = self.mark()
        with self.wire() as wire:
            last, is_last = self._play_steps(case.steps, wire)
            if Act.EXPECT_END not in case.steps:
                check_end(wire, is_last=is_last)
        for text in case.told:
            self.server.expect(f"^{TOLD}{re.escape(text)}$", since=start)
        for pattern in case.logged or ():
            self.server.expect(pattern, since=start)
        if last and last.is_refusal:
            self.server.expect(r"127\.0\.0\.1", since=start)
        end = self.mark() - 1
        lines = self.server.lines(start, end)
        self._check_told(case, [line.removeprefix(TOLD) for line in lines if line.startswith(TOLD)])
        self._check_logged(case, [line for line in lines if not line.startswith(TOLD)])

    def play_together(self, cases: Sequence[Case]) -> None:
        """Play cases whose last step takes its time, all at once; of the log only the sums are compared."""
        start = self.mark()
        with contextlib.ExitStack() as stack:
            wires = []
            for case in cases:
                # Not all of them first: those that wait for their turn have a deadline as well.
                wires.append(wire := stack.enter_context(self.wire()))
                self._play_steps(case.steps[:-1], wire)
            for case, wire in zip(cases, wires, strict=True):
                try:
                    last, is_last = self._play_steps(case.steps[-1:], wire)
                    if last:
                        check_end(wire, is_last=is_last)
                except AssertionError as error:
                    raise AssertionError(f"{case.id}: {error}") from error
        replies = [step for case in cases for step in case.steps if isinstance(step, Reply)]
        refusals = sum(reply.is_refusal for reply in replies)
        self.server.expect(r"127\.0\.0\.1", since=start, count=refusals)
        end = self.mark() - 1
        lines = self.server.lines(start, end)
        assert len([line for line in lines if not line.startswith(TOLD)]) == refusals
        calls = [line for line in lines if line.startswith(f"{TOLD}call ")]
        assert len(calls) == sum(reply.is_from_application for reply in replies)

    def _play_steps(self, steps: tuple[bytes | Reply | Act, ...], wire: Wire) -> tuple[Reply | None, bool]:
        """Give the last answer's expectation, and whether it said that the connection ends."""
        last, is_last = None, False
        for number, step in enumerate(steps):
            if isinstance(step, bytes):
                wire.send(step + SMUGGLED if invites_smuggling(steps[number + 1 :]) else step)
            elif step is Act.HALF_CLOSE:
                wire.sock.shutdown(socket.SHUT_WR)
            elif step is Act.SEGMENT:
                self.mark()
            elif step is Act.EXPECT_END:
                assert wire.read_to_end() == b""
            elif isinstance(step, Reply):
                answer = wire.read_answer(head=step.head, may_be_cut=step.is_cut)
                check(step, answer)
                last, is_last = step, answer.is_last or answer.framing == "cut"
        return last, is_last

    def _check_told(self, case: Case, told: list[str]) -> None:
        calls = case.calls
        if calls is None:
            calls = sum(isinstance(one, Reply) and one.is_from_application for one in case.steps)
        told = [line for line in told if not line.startswith("mark ")]
        found = [line for line in told if line.startswith("call ")]
        assert len(found) == calls, f"calls of the application: {found}"
        rest = [line for line in told if not line.startswith("call ")]
        assert rest == list(case.told)

    def _check_logged(self, case: Case, lines: list[str]) -> None:
        if any(isinstance(one, Reply) and one.is_refusal for one in case.steps):
            assert len(lines) == 1, f"a refusal is one line: {lines}"
            assert lines[0].isprintable(), f"control characters are escaped: {lines[0]!r}"
        elif case.logged == ():
            assert lines == [], "something was logged"
        for pattern in case.logged or ():
            found = [line for line in lines if re.search(pattern, line)]
            assert len(found) == 1, f"one line that matches {pattern!r}: {lines}"


def invites_smuggling(following: tuple[bytes | Reply | Act, ...]) -> bool:
    """Whether these were the last octets of a case that is refused; not for what it leaves out (408)."""
    replies = [one for one in following if isinstance(one, Reply)]
    is_final = not any(isinstance(one, bytes) for one in following)
    return is_final and any(one.is_refusal and one.status != (408,) for one in replies)


def check_end(wire: Wire, *, is_last: bool) -> None:
    """The connection has ended, with nothing behind the last answer; or it is kept, and in step."""
    if is_last:
        rest = wire.read_to_end()
        assert rest == b"", f"after the last answer came {rest[:200]!r}"
        return
    answer = wire.ask(b"GET /-/mark?again HTTP/1.1\r\nHost: h\r\n\r\n")
    assert answer.status == 204, f"the connection is not in step: {answer.head!r}"


def check(reply: Reply, answer: Answer) -> None:
    """Compare an answer with what must come."""
    seen = f"{answer.head!r} {answer.body[:300]!r}"
    statuses = [reply.status] if isinstance(reply.status, int) else reply.status
    assert answer.status in statuses, seen
    for name, wanted in reply.headers.items():
        value = answer.header(name)
        if wanted == ABSENT:
            assert value is None, f"{name}: {seen}"
        elif isinstance(wanted, str):
            assert value == wanted, f"{name}: {seen}"
        else:
            assert value is not None, f"{name}: {seen}"
            assert wanted.fullmatch(value), f"{name}: {seen}"
    if reply.body is not None:
        assert answer.body == reply.body, seen
    if reply.framing is not None:
        assert answer.framing == reply.framing, seen
    if answer.status >= 200:
        date = answer.header("Date")
        assert date, seen
        assert "Date" in reply.headers or DATE.fullmatch(date), seen
    if reply.is_cut:
        assert answer.framing == "cut", seen
    elif reply.closes is not None and answer.status >= 200:
        says_close = "close" in [value.strip().lower() for value in answer.values("Connection")]
        assert says_close == reply.closes, seen
    if reply.is_failure:
        assert (answer.header("Content-Type") or "").startswith("text/plain"), seen
        assert not re.search(rb"xyzzy|Traceback|Error:|File ", answer.head + answer.body), seen
    if reply.is_refusal:
        check_refusal(reply, answer)
    if reply.environ is not None:
        check_report(reply, answer)


def check_refusal(reply: Reply, answer: Answer) -> None:
    """A refusal is short, plain text, and repeats nothing of the request: cases put "xyzzy" there."""
    seen = f"{answer.head!r} {answer.body[:300]!r}"
    assert (answer.header("Content-Type") or "").startswith("text/plain"), seen
    assert answer.framing == ("none" if reply.head else "length"), seen
    assert reply.head or 0 < len(answer.body) <= REFUSAL_BODY_BYTES, seen
    assert b"xyzzy" not in answer.head + answer.body, seen


def check_report(reply: Reply, answer: Answer) -> None:
    """Compare what the application saw."""
    assert reply.environ is not None
    if reply.head:
        return
    report = json.loads(answer.body)
    environ = report["environ"]
    found = {name: environ.get(name, ABSENT) for name in reply.environ}
    assert found == dict(reply.environ)
    assert "HTTP_X_LEFT_BEHIND" not in environ
    if reply.input is not None:
        assert (report["length"], report["sha256"]) == (
            len(reply.input),
            hashlib.sha256(reply.input).hexdigest(),
        ), report["body"]
