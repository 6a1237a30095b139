"""A worker that has grown too large or too old is replaced first, and nobody notices."""

from __future__ import annotations

import re
import signal

import pytest

from tests.load.client import Load
from tests.load.processes import Ends, workers
from tests.load.stage import report, request, stage

pytestmark = [pytest.mark.slow, pytest.mark.load]

SIZE = 150 * 2**20
END_DEADLINE_S = 15.0
KINDS = {"sync": ("-k", "sync"), "threads": ("--threads", "4")}


@pytest.mark.parametrize("kind", KINDS)
def test_a_worker_that_leaks_is_replaced_without_a_lost_request(kind: str) -> None:
    with stage("-w", "2", "--max-worker-memory", "150M", *KINDS[kind]) as on, Load(on.address) as load:
        load.wait_round()
        before = set(workers(on.server.pid))
        with on.connect() as wire:
            answer = wire.ask(request(999_999, "/keep", str(SIZE)))
            pid = int(answer.body.split()[1])
        with Ends([pid]) as ends:
            assert {pid} == ends.wait(1, END_DEADLINE_S)
        gone = on.server.expect(rf"worker gone slot=\d+ pid={pid} .*")
        load.wait_round()
        after = set(workers(on.server.pid))
        tally = load.stop()
        seen = on.account(tally)
        log = on.server.log

    report(tally, log)
    worn = [line for line in log.splitlines() if "worker worn " in line]
    assert 1 == len(worn)
    assert re.search(rf"pid={pid} generation=1 memory_mib=1[5-9]\d\.\d age_s=\d+\.\d: ", worn[0])
    assert "max_worker_memory (150 MiB)" in worn[0]
    assert gone[0].endswith("exit status 0, retired")
    assert ([], ()) == (tally.failures, seen.repeated)
    # the other one, which has not grown, is still there
    assert before - {pid} <= after


def test_workers_grow_old_one_by_one_without_a_lost_request() -> None:
    with stage("-w", "2", "--max-worker-age", "2s") as on:
        first = set(workers(on.server.pid))
        with Load(on.address) as load, Ends(first) as ends:
            assert first == ends.wait(2, END_DEADLINE_S)
            load.wait_round()
            tally = load.stop()
        seen = on.account(tally)
        log = on.server.log

    report(tally, log)
    assert ([], (), 0) == (tally.failures, seen.repeated, tally.closed_idle)
    lines = [line for line in log.splitlines() if "worker worn " in line]
    assert len(lines) >= 2
    assert all("max_worker_age (2 s)" in line for line in lines)
    assert all(line.endswith("exit status 0, retired") for line in _gone(log))


def test_a_reload_applies_a_new_bound() -> None:
    with stage(config='workers = 1\nmax_worker_age = "1h"\n') as on:
        (on.server.directory / "wsgid.toml").write_text('workers = 1\nmax_worker_age = "1s"\n')
        on.server.signal(signal.SIGHUP)

        on.server.expect(r"worker worn .* generation=2 age_s=1\.\d: its share of max_worker_age \(1 s\)")


def _gone(log: str) -> list[str]:
    """Give the lines about workers that left before the server was told to end."""
    return [line for line in log.partition("stopping ")[0].splitlines() if "worker gone " in line]
