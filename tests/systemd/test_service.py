"""The shipped units in a systemd that really runs: started, reloaded, restarted, watched, out of memory."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.systemd.story import Story

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60, func_only=True), pytest.mark.usefixtures("layer")]

# MemoryMax= is enforced where the machine's controller of memory is one of cgroup2; else the same bound is
# put on the same processes in the older hierarchy. Where a machine has neither, nobody can be out of memory.
BOUNDED = """
bounded() {  # OCTETS
    if grep -qw memory /sys/fs/cgroup/cgroup.controllers; then
        systemctl set-property --runtime wsgid@shop.service MemoryMax=$1 MemorySwapMax=0
        return
    fi
    mkdir -p /mnt/memory; mount -t cgroup -o memory memory /mnt/memory 2> /dev/null || return 1
    bound=$(mktemp -d /mnt/memory/wsgid-XXXXXX)
    echo $1 > $bound/memory.limit_in_bytes
    echo $1 > $bound/memory.memsw.limit_in_bytes 2> /dev/null || true
    for pid in $(show MainPID) $(pgrep -P $(show MainPID)); do echo $pid > $bound/cgroup.procs; done
}
unbounded() { if [ -d "${bound-}" ]; then until_ "rmdir $bound 2> /dev/null"; fi; }
trap unbounded EXIT
"""

STORY = Story(f"""
    set +x
    {BOUNDED}
    title first use
    check
    systemctl start wsgid@shop
    ask /
    systemctl status --no-pager wsgid@shop
    ps -o user= -p $(show MainPID)

    title compared
    cp /etc/wsgid/shop.toml /srv/good.toml
    cat >> /etc/wsgid/shop.toml <<'END'
bind = ["127.0.0.1:80"]
errorlog = "/etc/shop.log"
graceful_timeout = "90s"
daemon = true
user = "nobody"
END
    ! check 2>&1
    cp /srv/good.toml /etc/wsgid/shop.toml

    title reload
    echo 'server_header = "new"' >> /etc/wsgid/shop.toml
    systemctl reload wsgid@shop
    curl -sS --unix-socket /run/wsgid/shop.sock -D - -o /dev/null http://shop/ | grep Server:

    title mistake
    echo 'tiemout = 3' >> /etc/wsgid/shop.toml
    ! systemctl reload wsgid@shop 2>&1
    show ActiveState; show StatusText; ask /
    sed -i /tiemout/d /etc/wsgid/shop.toml

    title no application
    cp /srv/shop/shop.py /srv/good.py; echo 'import nowhere' > /srv/shop/shop.py
    ! systemctl reload wsgid@shop 2>&1
    show ActiveState; show StatusText; ask /
    cp /srv/good.py /srv/shop/shop.py

    title mended
    systemctl reload wsgid@shop
    show ActiveState; show StatusText; show NRestarts

    title restart
    stat -c %i /run/wsgid/shop.sock
    (for _ in $(seq 150); do ask / || echo lost; done) > /srv/answers 2>&1 &
    asking=$!
    for _ in 1 2 3; do systemctl restart wsgid@shop; done
    wait $asking
    sort /srv/answers | uniq -c
    stat -c %i /run/wsgid/shop.sock

    title ready
    anew
    echo 'while not os.path.exists("/srv/shop/go"): time.sleep(0.05)' >> /srv/shop/shop.py
    systemctl start --no-block wsgid@shop
    until_ "log | grep -q 'server started'"
    show ActiveState; show SubState
    touch /srv/shop/go
    wait_for ActiveState active
    show StatusText

    title watchdog
    anew
    printf '[Service]\\nWatchdogSec=2\\n' | drop_in watchdog
    systemctl start wsgid@shop
    ! curl -s -m 5 --unix-socket /run/wsgid/shop.sock http://shop/hang
    show NRestarts
    kill -STOP $(show MainPID)
    wait_for NRestarts 1; wait_for ActiveState active
    ask /
    log | grep -o 'Watchdog timeout'

    title stopping
    anew
    systemctl start wsgid@shop
    main=$(show MainPID)
    ask /slow > /dev/null & asking=$!
    until_ "[ -e /srv/shop/asked ]"
    kill -TERM $main
    wait_for SubState stop-sigterm
    kill -0 $main; show StatusText
    kill -QUIT $main; wait $asking || true; wait_for ActiveState inactive
    show Result; show NRestarts

    title crash
    anew
    systemctl start wsgid@shop
    kill -KILL $(show MainPID)
    wait_for NRestarts 1
    wait_for ActiveState active
    echo 'tiemout = 3' >> /etc/wsgid/shop.toml
    kill -KILL $(show MainPID)
    wait_for ActiveState failed
    show NRestarts; show ExecMainStatus
    log | grep -o 'did you mean `timeout`?' | head -1

    title memory
    anew
    systemctl start wsgid@shop
    main=$(show MainPID)
    show OOMPolicy
    if bounded 300M; then ! ask /eat 2> /dev/null
    else ask /slow 2> /dev/null & until_ "[ -s /srv/shop/asked ]"; kill -KILL $(cat /srv/shop/asked); fi
    until_ "log | grep -q 'worker gone'"
    log | grep 'worker gone'
    echo "answers $(ask /)"
    [ $main = $(show MainPID) ]; show NRestarts; show ActiveState
    wait_for StatusText "2 workers, 0 busy, 2 requests, 1 failed"
    systemctl stop wsgid@shop; show Result
""")


def test_a_service_is_checked_started_and_asked(story: Mapping[str, str]) -> None:
    """The whole of a first use: edit, check, start."""
    told = story["first use"]

    assert "OK: 1 file" in told
    assert "\nok\n" in told
    assert 'Status: "2 workers, 0 busy, ' in told
    assert "listening at unix:/run/wsgid/shop.sock (bind, environment variable LISTEN_FDS)" in told
    assert "passed as systemd:http mode=0660 owner=wsgid:wsgid" in told
    assert told.endswith("\nwsgid\n")


@pytest.mark.parametrize(
    "said",
    [
        "error[cannot-bind]: cannot listen at http://127.0.0.1:80",
        "error[invalid-value]: wsgid@shop.service has ProtectSystem=full",
        "error[conflict]: `daemon` under wsgid@shop.service",
        "error[conflict]: `user` cannot be kept: wsgid@shop.service runs as wsgid",
        "TimeoutStopSec= of wsgid@shop.service, 60 s, is less than graceful_timeout, 90 s",
    ],
)
def test_a_check_compares_the_configuration_with_the_unit(story: Mapping[str, str], said: str) -> None:
    assert said in story["compared"]


def test_a_reload_waits_for_its_outcome(story: Mapping[str, str]) -> None:
    assert "Server: new" == story["reload"].strip()


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        ("mistake", "/etc/wsgid/shop.toml:5:1: error[unknown-setting]: unknown"),
        ("no application", "application `shop` cannot be imported"),
    ],
)
def test_a_refused_reload_fails_and_the_unit_serves_on(
    story: Mapping[str, str], title: str, reason: str
) -> None:
    """And is active again, not "reloading" for ever; the status says why."""
    command, after = story[title].split("active\n")

    assert "Job for wsgid@shop.service failed" in command
    assert after.startswith(f"reload refused: {reason}")
    assert after.endswith("\nok\n")


def test_the_next_reload_takes_the_reason_from_the_status(story: Mapping[str, str]) -> None:
    assert re.fullmatch(r"active\n2 workers, 0 busy, \d requests, 0 failed\n0\n", story["mended"])


def test_a_restart_behind_the_socket_loses_nothing_and_its_path_lives(story: Mapping[str, str]) -> None:
    before, answers, after = story["restart"].splitlines()

    assert ["150", "ok"] == answers.split()
    assert before == after


def test_a_start_is_over_when_all_workers_serve_and_not_before(story: Mapping[str, str]) -> None:
    state, sub_state, status = story["ready"].splitlines()

    assert ("activating", "start") == (state, sub_state)
    assert status.startswith("2 workers, 0 busy")


def test_an_arbiter_that_stands_still_is_replaced_and_an_application_that_does_is_not(
    story: Mapping[str, str],
) -> None:
    assert "0\nok\nWatchdog timeout\n" == story["watchdog"]


def test_a_server_that_stops_says_so(story: Mapping[str, str]) -> None:
    """Whoever told it to: the unit is "deactivating" while it drains, and not "running"."""
    assert "stopping\nsuccess\n0\n" == story["stopping"]


def test_a_bad_configuration_is_not_tried_again_and_a_crash_is(story: Mapping[str, str]) -> None:
    assert "2\n78\ndid you mean `timeout`?\n" == story["crash"]


def test_a_worker_that_is_ended_for_want_of_memory_is_replaced_and_the_service_goes_on(
    story: Mapping[str, str],
) -> None:
    """By the kernel itself, at the bound of the unit's memory; the log says what it was."""
    policy, *gone, answers, restarts, state, result = story["memory"].splitlines()

    assert ("continue", "0", "active", "success") == (policy, restarts, state, result)
    assert 1 == len(gone)
    assert re.search(r"worker gone slot=\d pid=\d+ generation=1 killed by SIGKILL.* memory", gone[0])
    assert "answers ok" == answers
