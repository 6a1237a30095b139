"""Out of descriptors: nothing spins, nobody who is there is lost, and all goes on when there are some."""

from __future__ import annotations

import contextlib
import resource
import signal
import socket
import time
from typing import TYPE_CHECKING

import pytest

from tests.load.processes import Ends, cpu_seconds, descriptor_numbers, peer_ports, workers
from tests.load.stage import request, stage

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.load.stage import Stage
    from tests.wire import Wire

pytestmark = [pytest.mark.slow, pytest.mark.fault]

KINDS = {"sync": ("-k", "sync"), "threads": ("--threads", "4"), "gevent": ("-k", "gevent")}
DEADLINE_S = 10.0


def leave_none(pid: int, but: int = 0) -> tuple[int, int]:
    """Let a process open nothing more, or so many; give the limits of before.

    What is open stays (getrlimit(2)).
    """
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    first_free = sorted(set(range(4096)) - descriptor_numbers(pid))[but]
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (first_free, before[1]))
    return before


def connected_to(pid: int, on: Stage, stack: contextlib.ExitStack) -> Wire:
    """Open a connection that a certain worker has let in; those of others keep their descriptors."""
    while True:
        wire = stack.enter_context(on.connect())
        if int(wire.ask(request(1)).body.split()[1]) == pid:
            return wire


def passed_on_to_one_without_descriptors(
    count: int, on: Stage, stack: contextlib.ExitStack
) -> tuple[list[Wire], int]:
    """Have one of two workers leave, with connections for the other one; give these, and the other's pid."""
    leaving, staying = reversed(workers(on.server.pid))
    passed_on = [connected_to(leaving, on, stack) for _ in range(count)]
    leave_none(staying)
    on.server.signal(signal.SIGTTOU)
    on.server.expect(f"worker gone .*pid={leaving} .*retired")
    return passed_on, staying


@pytest.mark.parametrize("kind", [*KINDS, "tornado"])
def test_a_worker_without_descriptors_waits_and_recovers(kind: str) -> None:
    """Accepting fails again and again, and the connection that waits is ready all the time."""
    with stage("-w", "1", *KINDS.get(kind, ("-k", kind))) as on, on.connect() as kept:
        kept.ask(request(1))
        (worker,) = workers(on.server.pid)
        before = leave_none(worker)
        with on.connect() as waiting:
            waiting.send(request(2))
            spent_s = cpu_seconds([worker])
            on.server.expect("cannot accept connections for now", count=3)
            spent_s = cpu_seconds([worker]) - spent_s
            # Who is in is served on.
            assert 200 == kept.ask(request(3)).status
            resource.prlimit(worker, resource.RLIMIT_NOFILE, before)

            assert 200 == waiting.read_answer().status
        assert spent_s < 0.3
        assert (worker,) == workers(on.server.pid)


@pytest.mark.parametrize("kind", KINDS)
def test_a_connection_that_another_worker_passes_on_waits_for_a_descriptor(kind: str) -> None:
    """The kernel closes what it finds no number for, and the one who sent it has let go of it."""
    with stage("-w", "2", *KINDS[kind]) as on, contextlib.ExitStack() as stack:
        leaving, staying = reversed(workers(on.server.pid))
        kept = connected_to(leaving, on, stack)
        before = leave_none(staying)
        spent_s = cpu_seconds([staying])
        on.server.signal(signal.SIGTTOU)
        on.server.expect(f"worker gone .*pid={leaving} .*retired")
        on.server.expect("cannot accept connections for now", count=2)
        spent_s = cpu_seconds([staying]) - spent_s
        resource.prlimit(staying, resource.RLIMIT_NOFILE, before)

        assert str(staying).encode() == kept.ask(request(3)).body.split()[1]
        assert spent_s < 0.3


@pytest.mark.parametrize("kind", ["threads", "gevent"])
def test_a_server_that_stops_has_descriptors_left_for_who_waits(kind: str) -> None:
    """Nobody else would answer what one worker has passed on, and the other could not take."""
    with stage("-w", "2", *KINDS[kind]) as on, contextlib.ExitStack() as stack:
        passed_on, _ = passed_on_to_one_without_descriptors(3, on, stack)
        on.server.expect("cannot accept connections for now")
        with on.connect() as waiting, Ends([on.server.pid]) as ends:
            waiting.send(request(2))
            on.server.signal(signal.SIGTERM)
            for wire in passed_on:
                wire.send(request(3))

            assert 200 == waiting.read_answer().status
            assert [200] * 3 == [wire.read_answer().status for wire in passed_on]
            ends.wait(1, DEADLINE_S)


@pytest.mark.parametrize("kind", ["threads", "gevent"])
def test_who_asks_is_answered_though_idle_ones_have_the_last_descriptors(kind: str) -> None:
    """When those have been idle for long enough, whoever waits has as well; but it has asked."""
    with stage("-w", "2", *KINDS[kind]) as on, contextlib.ExitStack() as stack:
        passed_on, staying = passed_on_to_one_without_descriptors(4, on, stack)
        with Ends([on.server.pid]) as ends:
            on.server.signal(signal.SIGTERM)
            while len(idle := ports(passed_on) & peer_ports(staying)) < 2:
                time.sleep(0.01)
            asking = [wire for wire in passed_on if not ports([wire]) & idle]
            for wire in asking:
                wire.send(request(3))

            assert [200] * len(asking) == [wire.read_answer().status for wire in asking]
            for wire in passed_on:
                wire.sock.close()
            ends.wait(1, DEADLINE_S)
        assert asking


def ports(wires: Iterable[Wire]) -> set[int]:
    return {wire.sock.getsockname()[1] for wire in wires}


def test_a_request_that_is_passed_on_with_its_body_waits_for_two_descriptors() -> None:
    """Its connection alone would be a request without a body."""
    with stage("-w", "2", "-k", "sync", "--body-memory", "1") as on, contextlib.ExitStack() as stack:
        busy, idle = workers(on.server.pid)
        kept = [connected_to(busy, on, stack) for _ in range(2)]
        before = leave_none(idle, but=1)
        kept[1].send(b"POST /echo?3 HTTP/1.1\r\nHost: load\r\nContent-Length: 5\r\n\r\nthe")
        assert 200 == kept[0].ask(request(4)).status  # it has read that, too
        kept[0].send(request(2, "/slow", "2"))
        on.wait_begun()
        kept[1].send(b"re")
        on.server.expect("cannot accept connections for now")
        resource.prlimit(idle, resource.RLIMIT_NOFILE, before)

        assert b"there" == kept[1].read_answer().body[-5:]
        assert 200 == kept[0].read_answer().status


def test_an_arbiter_without_descriptors_serves_on_and_recovers() -> None:
    """It can neither replace a worker nor read the configuration, and says so."""
    with stage("-w", "2") as on:
        first, second = workers(on.server.pid)
        before = leave_none(on.server.pid)
        spent_s = cpu_seconds([on.server.pid])
        on.server.signal(signal.SIGHUP)
        on.server.expect("reload refused, generation=1 serves on: .*Too many open files")
        with Ends([first]) as ends:
            on.server.signal(signal.SIGKILL, first)
            ends.wait(1, DEADLINE_S)
        on.server.expect("no worker could be forked: .*Too many open files", count=2)
        assert cpu_seconds([on.server.pid]) - spent_s < 0.5
        assert second == served_by(on)

        resource.prlimit(on.server.pid, resource.RLIMIT_NOFILE, before)
        mark = on.server.mark()
        on.server.expect("worker ready", since=mark)
        on.server.signal(signal.SIGHUP)
        on.server.expect("reload done generation=2")


def test_an_arbiter_without_descriptors_lets_wsgidctl_wait_and_does_not_spin(tmp_path: Path) -> None:
    """Whoever waits to be let in keeps the control socket readable."""
    path = tmp_path / "control"
    with stage("-w", "1", "--control-socket", str(path)) as on, socket.socket(socket.AF_UNIX) as client:
        before = leave_none(on.server.pid)
        spent_s = cpu_seconds([on.server.pid])
        client.settimeout(2.5)
        client.connect(str(path))
        client.sendall(b"status\n")
        with pytest.raises(TimeoutError):
            client.recv(1)
        spent_s = cpu_seconds([on.server.pid]) - spent_s
        resource.prlimit(on.server.pid, resource.RLIMIT_NOFILE, before)

        client.settimeout(DEADLINE_S)
        assert b'{"ok": true' == client.recv(11)
        assert spent_s < 0.5


def served_by(on: Stage) -> int:
    with on.connect() as wire:
        return int(wire.ask(request(9)).body.split()[1])
