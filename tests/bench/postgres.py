"""A PostgreSQL of our own, from Debian's package, at a port of 127.0.0.1, for as long as it is measured."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.choices import CUSTOMERS
from tests.bench.measure import BenchError, free_port
from tests.bench.start import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DEADLINE_S = 60.0
# Of all workers of all kinds together.
CONNECTIONS = 300

SCHEMA = f"""
create table customer (id integer primary key, name text not null, since date not null);
create table orders (id serial primary key, customer integer not null references customer, price numeric);
insert into customer
    select id, 'customer ' || id, date '2020-01-01' + id from generate_series(1, {CUSTOMERS}) id;
insert into orders (customer, price)
    select id % {CUSTOMERS} + 1, id % 100 from generate_series(1, 20000) id;
create index on orders (customer);
analyze;
"""


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """Give the address of a database with customers and their orders, as psycopg wants to be told."""
    programs = find()
    owner = _owner()
    directory = Path(tempfile.mkdtemp(prefix="wsgid-postgres-"))
    try:
        if owner is not None:
            os.chown(directory, owner.pw_uid, owner.pw_gid)
        user = None if owner is None else owner.pw_name
        data = str(directory / "data")
        _run([programs / "initdb", "-D", data, "-U", "wsgid", "-A", "trust", "-E", "UTF8"], directory, user)
        port = free_port()
        options = {
            "listen_addresses": HOST,
            "port": port,
            "unix_socket_directories": directory,
            "max_connections": CONNECTIONS,
        }
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        with (directory / "log").open("wb") as log:
            process = subprocess.Popen(
                [programs / "postgres", "-D", data, *words],
                cwd=directory,
                stdout=log,
                stderr=log,
                user=user,
                group=user,
                extra_groups=None if user is None else [],
            )
        try:
            words = ["-h", HOST, "-p", str(port), "-U", "wsgid"]
            _wait(process, [programs / "pg_isready", "-q", *words], directory)
            _run(
                [programs / "psql", "-q", "-v", "ON_ERROR_STOP=1", *words, "-c", SCHEMA, "postgres"],
                directory,
            )
            yield f"host={HOST} port={port} user=wsgid dbname=postgres"
        finally:
            process.send_signal(signal.SIGINT)  # whoever is connected is told, and no answer waited for
            process.wait(DEADLINE_S)
    finally:
        shutil.rmtree(directory)


def find() -> Path:
    """Return where the programs are: Debian has them beside each other, by version, and not in PATH."""
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    found = sorted(versions, key=lambda program: int(program.parts[-3]))
    if not found:
        raise BenchError("there is no PostgreSQL in /usr/lib/postgresql: apt install postgresql")
    return found[-1].parent


def version() -> str:
    """Return "15.18"."""
    told = subprocess.run([find() / "postgres", "--version"], capture_output=True, text=True, check=True)
    return told.stdout.split()[2]


def _owner() -> pwd.struct_passwd | None:
    """Return whose it will be: it refuses to be root's."""
    return pwd.getpwnam("postgres") if os.geteuid() == 0 else None


def _run(argv: Sequence[str | Path], directory: Path, user: str | None = None) -> None:
    done = subprocess.run(
        argv,
        cwd=directory,
        check=False,
        capture_output=True,
        text=True,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
    )
    if done.returncode:
        raise BenchError(f"{argv[0]} ended with {done.returncode}: {done.stdout}{done.stderr}")


def _wait(process: subprocess.Popen[bytes], argv: Sequence[str | Path], directory: Path) -> None:
    until = time.monotonic() + DEADLINE_S
    while subprocess.run(argv, cwd=directory, check=False).returncode:
        if process.poll() is not None or time.monotonic() > until:
            raise BenchError(f"PostgreSQL does not come up: {(directory / 'log').read_text()}")
        time.sleep(0.1)
