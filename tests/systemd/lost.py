"""How many requests a disturbance costs: `python -m tests.systemd.lost PORT TIMES COMMAND`, in a machine.

The load of tests/load goes on while the shell does COMMAND so often; then one line of JSON says what was sent
and what was lost. What the command prints goes to standard error.
"""

from __future__ import annotations

import json
import subprocess
import sys

from tests.load.client import Load, Plan

# Each client asks ten times a second, one that was refused no more often than the others.
PLAN = Plan(kept=16, closing=8, pause_s=0.2, timeout_s=30.0)


def main(port: int, times: int, command: str) -> None:
    with Load(("127.0.0.1", port), PLAN) as load:
        load.wait_round()
        for _ in range(times):
            subprocess.run(["/bin/sh", "-ec", command], check=True, stdout=sys.stderr)
            load.wait_round()
        tally = load.stop()
    kinds = {kind.value: count for kind, count in tally.kinds().items()}
    told = {"requests": tally.requests, "lost": len(tally.failures), "kinds": kinds, "pids": len(tally.pids)}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
