"""A second opinion: h11 and nginx understand every row as we do, or the difference is explained."""

from __future__ import annotations

import fnmatch
import socket
import subprocess
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from tests.conformance.opinions import H11, NGINX, OPINIONS, Kind
from tests.conformance.readers import (
    Reading,
    octets_of,
    read_ourselves,
    read_through,
    read_with_h11,
    shortened,
)
from tests.conformance.test_requests import CASES, READ_BEFORE
from tests.front import free_port, need, nginx
from tests.support import start_server
from tests.wire import Wire

if TYPE_CHECKING:
    from pathlib import Path

ROWS = (*CASES, *READ_BEFORE)

FRONT = """
    client_header_timeout 400ms;
    client_body_timeout 400ms;
    keepalive_timeout 400ms;
    lingering_timeout 400ms;
    client_max_body_size 1g;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://unix:{path};
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
        }}
    }}
"""


def difference(ours: Reading, theirs: Reading) -> Kind | None:
    if ours == theirs:
        return None
    if ours.is_refused and not theirs.is_refused:
        return "serves"
    if theirs.is_refused:
        return "refuses"
    return "reads otherwise"


def unexplained(reader: str, found: dict[str, Kind]) -> dict[str, Kind]:
    """What has no explanation, by the ids of rows."""
    opinions = [opinion for opinion in OPINIONS if opinion.reader == reader]
    return {
        one: kind
        for one, kind in found.items()
        if not any(
            opinion.kind == kind and any(fnmatch.fnmatchcase(one, pattern) for pattern in opinion.rows)
            for opinion in opinions
        )
    }


def stale(reader: str, found: dict[str, Kind]) -> list[str]:
    """Explanations of what is no difference any more."""
    return [
        pattern
        for opinion in OPINIONS
        if opinion.reader == reader
        for pattern in opinion.rows
        if not fnmatch.filter([one for one, kind in found.items() if kind == opinion.kind], pattern)
    ]


def test_we_agree_with_h11_but_for_what_is_explained() -> None:
    readings = {one.id: octets for one in ROWS if (octets := octets_of(one)) is not None}
    found = {
        one: kind
        for one, octets in readings.items()
        if (kind := difference(read_ourselves(octets), read_with_h11(octets)))
    }

    assert {} == unexplained(H11, found)
    assert [] == stale(H11, found)
    assert H11 == f"h11 {version('h11')}"
    assert len(readings) > 500


@pytest.mark.slow
@pytest.mark.framework
def test_we_agree_with_nginx_but_for_what_is_explained(tmp_path: Path) -> None:
    """As an application behind both sees it; a HEAD tells nothing of what was understood."""
    readings = {
        one.id: octets for one in ROWS if (octets := octets_of(one)) is not None and b"HEAD " not in octets
    }
    program = need("nginx")
    port = free_port()
    found: dict[str, Kind] = {}
    with start_server(app="tests.apps.probe:application", bind=("unix:wsgid.sock",)) as server:
        text = FRONT.format(port=port, path=server.directory / "wsgid.sock")
        with nginx(text, tmp_path):
            for one, octets in readings.items():
                with Wire(socket.create_connection(("127.0.0.1", port), 10.0)) as wire:
                    kind = difference(shortened(read_ourselves(octets)), read_through(wire, octets))
                if kind:
                    found[one] = kind

    assert {} == unexplained(NGINX, found)
    told = subprocess.run([program, "-v"], capture_output=True, text=True, check=True).stderr
    if NGINX.replace(" ", "/") in told:
        assert [] == stale(NGINX, found)
    assert len(readings) > 500
