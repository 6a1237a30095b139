"""Failed requests of wsgid and of gunicorn, side by side: `make reliability`.

The same load and the same disturbances for both: 3 workers of 4 threads each, the kind of worker of
gunicorn's that keeps connections. Some minutes; writes docs/explanation/reliability.md, and the figures.
`python -m tests.load.table TIMES` does each thing so often.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import ExitStack, suppress
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from tests.figures import origin_now, write
from tests.load import disturb
from tests.load.client import Load, Plan
from tests.load.outcome import Kind, Tally
from tests.load.processes import Ends
from tests.load.reliability import RUN, Figures, Row, Run, write_page
from tests.load.stage import stage
from wsgid import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.load.stage import Stage

PEERS = ("wsgid", "gunicorn")
WORKERS = ("-w", "3", "-k", "gthread", "--threads", "4")
LOAD = Plan(kept=32, closing=8, timeout_s=5.0)

# Files that are edited: a configuration and an application for both.
CONFIGURATION = "gunicorn.conf.py"
GOOD = {CONFIGURATION: "keepalive = 5\n", "shop.py": "from tests.load.app import application\n"}


def kill(on: Stage, load: Load, times: int) -> int:
    for _ in range(times):
        disturb.kill_oldest(on.server.pid, load)
    return times


def reload(on: Stage, load: Load, times: int) -> int:
    for _ in range(times):
        disturb.reload(on.server.pid, load)
    return times


def more_and_fewer(on: Stage, load: Load, times: int) -> int:
    for _ in range(times):
        disturb.add_worker(on.server.pid, load)
        disturb.take_worker(on.server.pid, load)
    return times


def bad_reload(file: str, mistake: str) -> Callable[[Stage, Load, int], int]:
    def act(on: Stage, load: Load, times: int) -> int:
        for time in range(times):
            (on.server.directory / file).write_text(mistake)
            mark = on.server.mark()
            on.server.signal(signal.SIGHUP)
            on.server.expect(IN_VAIN[on.server.peer], since=mark, deadline_s=disturb.DEADLINE_S)
            if not disturb.come_through(on.server.pid, load, PATIENCE_S[on.server.peer]):
                return time + 1
            (on.server.directory / file).write_text(GOOD[file])
            disturb.reload(on.server.pid, load)
        return times

    return act


def upgrade(on: Stage, load: Load, times: int) -> int:
    arbiter = on.server.pid
    for time in range(times):
        arbiter = disturb.upgrade(arbiter, load)
        if on.server.peer == "gunicorn":  # until then it takes no other
            on.server.expect("Master has been promoted", count=time + 1, deadline_s=disturb.DEADLINE_S)
    load.stop()
    with Ends([arbiter]) as ends, suppress(ProcessLookupError):
        os.kill(arbiter, signal.SIGTERM)
        ends.wait(1, disturb.DEADLINE_S)
    return times


# What each says of a reload that cannot be.
IN_VAIN = {"wsgid": "reload refused", "gunicorn": "SyntaxError|Worker failed to boot"}
# gunicorn ends after it has said so; by then it has.
PATIENCE_S = {"wsgid": 0.0, "gunicorn": 15.0}

# What is done to a server that goes on; gives how often it could be done.
ACTS: dict[str, Callable[[Stage, Load, int], int]] = {
    "`kill -9` of a worker": kill,
    "`HUP`": reload,
    "`HUP` with a syntax error in the configuration": bad_reload(CONFIGURATION, "keepalive = \n"),
    "`HUP` with an application that does not import": bad_reload("shop.py", "import nowhere_to_be_found\n"),
    "`USR2`, and the end of the predecessor": upgrade,
    "`TTIN`, then `TTOU`": more_and_fewer,
}


def disturbed(peer: str, act: Callable[[Stage, Load, int], int], times: int) -> Figures:
    """Do it so many times under load."""
    options: dict[str, Any] = {"peer": peer, "app": "shop:application", "files": GOOD}
    with stage("-c", CONFIGURATION, *WORKERS, **options) as on, Load(on.address, LOAD) as load:
        load.wait_round()
        done = act(on, load, times)
        return figures(load.stop(), done)


def worn(peer: str, times: int) -> Figures:
    """Ask on one connection that wants to be kept, of one worker that is replaced after ten requests."""
    plan = Plan(kept=1, closing=0, pause_s=0.0, total=50 * times)
    with stage("-w", "1", *WORKERS[2:], "--max-requests", "10", peer=peer) as on:
        load = Load(on.address, plan)
        with suppress(AssertionError), load:
            load.wait_end()
    return figures(load.tally, len(load.tally.pids))


def stopped(peer: str, times: int) -> Figures:
    """Stop a server under load, so many of them."""
    tally = Tally()
    for _ in range(times):
        with ExitStack() as stack:
            on = stack.enter_context(stage(*WORKERS, peer=peer))
            load = stack.enter_context(Load(on.address, LOAD))
            load.wait_round()
            with Ends([on.server.pid]) as ends:
                on.server.signal(signal.SIGTERM)
                ends.wait(1, 2 * disturb.DEADLINE_S)
            one = load.stop()
        tally.answered += one.answered
        # Nobody listens any more: who is refused then can go elsewhere, and has lost nothing.
        tally.failures += [failure for failure in one.failures if failure.kind is not Kind.REFUSED]
    return figures(tally, times)


WHOLE: dict[str, Callable[[str, int], Figures]] = {
    "`max_requests = 10`, one kept connection": worn,
    "`TERM`": stopped,
}


def figures(tally: Tally, times: int) -> Figures:
    kinds = tally.kinds()
    return Figures(
        times=times,
        requests=tally.requests,
        failed=len(tally.failures),
        kinds={kind.value: kinds[kind] for kind in Kind if kinds[kind]},
        between=sum(failure.between_requests for failure in tally.failures),
    )


def measure(times: int) -> Run:
    """Do all of it, to one server after the other."""
    rows = []
    for name in (*ACTS, *WHOLE):
        row = Row(name, {peer: _figures(name, peer, times) for peer in PEERS})
        rows.append(row)
        sys.stdout.write(f"{row}\n")
        sys.stdout.flush()
    return Run(origin_now(), {"wsgid": __version__, "gunicorn": version("gunicorn")}, tuple(rows))


def _figures(name: str, peer: str, times: int) -> Figures:
    return disturbed(peer, ACTS[name], times) if name in ACTS else WHOLE[name](peer, times)


if __name__ == "__main__":
    write(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 10), RUN)
    write_page()
