"""Fuzz for a time: `python -m tests.fuzz [SECONDS]`, ten minutes by default. Status 1 if something was found.

Each round is a run of the tests in this directory with another seed; the first that fails is shown, with the
smallest input that hypothesis came to, and ends it. A finding becomes a row of tests/conformance, or an
`@example` beside the property that it breaks.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time

from tests.support import ROOT

# How many inputs each property is tried with in a round; some 20 s of one processor.
EXAMPLES = "WSGID_TEST_FUZZ_EXAMPLES"
A_ROUND = "200"
ROUND_BOUND_S = 600


def main(arguments: list[str]) -> int:
    """Go on until the time is over; a round that has begun is finished, or ended after ROUND_BOUND_S."""
    seconds = float(arguments[0]) if arguments else 600.0
    began = time.monotonic()
    rounds = 0
    while time.monotonic() - began < seconds:
        rounds += 1
        seed = secrets.randbelow(1 << 32)
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--timeout=0"]
        ended = subprocess.run(
            [*command, f"--hypothesis-seed={seed}", "tests/fuzz"],
            cwd=ROOT,
            env={**os.environ, EXAMPLES: A_ROUND},
            capture_output=True,
            text=True,
            timeout=ROUND_BOUND_S,
            check=False,
        )
        if ended.returncode:
            print(ended.stdout, ended.stderr, f"\nfound in round {rounds}, seed {seed}", sep="\n")
            return 1
        print(f"round {rounds}, seed {seed}: nothing found, {time.monotonic() - began:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
