"""`make run` shows a newcomer what is in etc/wsgid/demo.toml: it must be a page, and a harmless one."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING

import pytest

from tests.support import ROOT, ServerProcess, start_server

if TYPE_CHECKING:
    from collections.abc import Mapping

SCRIPT = "<script>alert(1)</script>"


def test_demonstration_shows_the_request_and_harms_nobody() -> None:
    """Whatever a client sends stands on the page as text, be it a target, a field or a form."""
    with start_server(app=None, config=demonstration()) as server:
        status, page = ask(server, "GET", "/", headers={"X-Odd": SCRIPT})
        form_status, form_page = ask(server, "POST", "/echo", body=f"text={SCRIPT}")
        missing_status, missing_page = ask(server, "GET", "/nowhere")

    assert (200, 200, 404) == (status, form_status, missing_status)
    assert "It serves." in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in form_page
    assert "Nothing here." in missing_page
    assert all(SCRIPT not in one for one in (page, form_page, missing_page))


@pytest.mark.slow
def test_demonstration_counts_and_tells_who_answers() -> None:
    with start_server(app=None, config=demonstration()) as server:
        _, answer = ask(server, "GET", "/who")
        _, counted = ask(server, "GET", "/count")
        children = server.children()

    assert json.loads(answer)["pid"] in children
    assert [f"{number:2} {'#' * number}" for number in range(1, 11)] == counted.splitlines()[:-1]


def demonstration() -> str:
    return (ROOT / "etc" / "wsgid" / "demo.toml").read_text()


def ask(
    server: ServerProcess,
    method: str,
    path: str,
    body: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request(method, path, body, dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()
