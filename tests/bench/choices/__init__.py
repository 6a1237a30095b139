"""One application for every kind of worker: it computes, asks a database, or waits for another service.

What a request of each does is here, so that no kind is asked for less than another.
"""

from __future__ import annotations

import os

HELLO = b"Hello, World!"

# Some 5 ms of Python.
ROUNDS = 40_000
# What a slow service takes.
WAIT_S = 0.2
# One row by its key, and an order of which the disk takes its time: 10 ms, which the database waits itself.
CUSTOMER = "select name, since from customer where id = %s"
ORDERS = "select count(*), sum(price), pg_sleep(0.01)::text from orders where customer = %s"
CUSTOMERS = 1000
# Connections to the database that a worker has at most.
POOL = 32


def compute() -> bytes:
    """Compute, and hold the interpreter meanwhile."""
    return b"%d" % sum(number * number % 7 for number in range(ROUNDS))


def customer_of(number: int) -> int:
    """Return somebody; not always the same."""
    return number * 7919 % CUSTOMERS + 1


def database() -> str:
    """Return where the database is, as its client library wants to be told."""
    return os.environ["CHOICES_DATABASE"]
