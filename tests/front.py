"""A real proxy in front of a server: nginx or HAProxy, with a configuration that a test makes; ended by pid.

Both go to the background only when they listen, so whoever has started one may connect.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import shutil
import signal
import socket
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CERTIFICATES = ROOT / "tests" / "integration" / "tls"
END_DEADLINE_S = 10.0

NGINX = """
daemon on;
master_process off;
pid {directory}/nginx.pid;
error_log {directory}/nginx.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
{text}
}}
"""

HAPROXY = """
defaults
    timeout connect 10s
    timeout client 10s
    timeout server 10s
{text}
"""


def need(name: str) -> str:
    """Skip the test where the program is not installed; where the change is decided it is (.ci/run)."""
    path = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if path is None:
        assert not os.environ.get("CI"), f"{name} is not installed"
        pytest.skip(f"{name} is not installed")
    return path


def free_port() -> int:
    """Give a port of 127.0.0.1 that nobody has at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
        return port


@contextlib.contextmanager
def nginx(text: str, directory: Path) -> Iterator[None]:
    """Run nginx with this inside its `http`."""
    program = need("nginx")
    configuration = directory / "nginx.conf"
    configuration.write_text(NGINX.format(directory=directory, text=text))
    with _running([program, "-p", str(directory), "-c", str(configuration)], directory / "nginx.pid"):
        yield


@contextlib.contextmanager
def haproxy(text: str, directory: Path) -> Iterator[None]:
    """Run HAProxy with these sections."""
    program = need("haproxy")
    configuration, pidfile = directory / "haproxy.cfg", directory / "haproxy.pid"
    configuration.write_text(HAPROXY.format(text=text))
    with _running([program, "-D", "-p", str(pidfile), "-f", str(configuration)], pidfile):
        yield


@contextlib.contextmanager
def _running(command: list[str], pidfile: Path) -> Iterator[None]:
    started = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert started.returncode == 0, started.stderr
    pids = [int(line) for line in pidfile.read_text().split()]
    try:
        yield
    finally:
        for pid in pids:
            _end(pid)


def _end(pid: int) -> None:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        os.kill(pid, signal.SIGTERM)
        if not select.select([descriptor], [], [], END_DEADLINE_S)[0]:
            os.kill(pid, signal.SIGKILL)
    finally:
        os.close(descriptor)


def example(page: Path, language: str, name: str) -> str:
    """Give a block of a page: ```LANGUAGE NAME."""
    found = re.search(rf"^```{language} {name}\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
    assert found, f"{page} has no block {language} {name}"
    return found[1]
