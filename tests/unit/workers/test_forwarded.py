"""What a proxy says to a server that a library brings along."""

from __future__ import annotations

from typing import Any

import pytest

from wsgid.config.settings import Settings
from wsgid.protocol.refusal import Refusal
from wsgid.workers.asgi_exchange import with_forwarded
from wsgid.workers.forwarded import Forwarded, ForwardedReader

SAID = (("Host", "inside"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-For", "192.0.2.7"))


def reader(words: str = "off", *, mounts: bool = True) -> ForwardedReader:
    return ForwardedReader(Settings.model_validate({"proxy_headers": words}), mounts=mounts)


def scope(kind: str, scheme: str, *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {
        "type": kind,
        "scheme": scheme,
        "path": "/a",
        "root_path": "",
        "client": ("127.0.0.1", 5000),
        "headers": [(b"host", b"inside"), *headers],
    }


@pytest.mark.parametrize("peer", ["127.0.0.1", None], ids=["believed", "Unix socket"])
def test_scheme_is_believed_by_default_and_the_client_where_a_setting_says_so(peer: str | None) -> None:
    scheme_alone = reader().read(peer, "http", "/", SAID)
    with_client = reader("x-forwarded").read(peer, "http", "/", SAID)

    assert Forwarded("https", peer, None, "inside", "") == scheme_alone
    assert Forwarded("https", "192.0.2.7", None, "inside", "") == with_client


@pytest.mark.parametrize(("peer", "said"), [("192.0.2.1", SAID), ("127.0.0.1", SAID[:1])])
def test_nothing_is_heard_from_a_stranger_and_where_nothing_is_said(peer: str, said: Any) -> None:
    assert reader().read(peer, "http", "/", said) is None


def test_a_proxy_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(Refusal):
        reader().read("127.0.0.1", "http", "/", [*SAID, ("X-Forwarded-SSL", "off")])


def test_path_of_the_application_is_heard_where_the_library_can_be_told() -> None:
    said = (("SCRIPT_NAME", "/shop"),)
    told = reader().read("127.0.0.1", "http", "/shop/a", said)

    assert told is not None
    assert "/shop" == told.script
    assert reader(mounts=False).read("127.0.0.1", "http", "/shop/a", said) is None


def test_scope_of_a_websocket_keeps_its_own_schemes() -> None:
    found = with_forwarded(scope("websocket", "ws", (b"x-forwarded-proto", b"https")), reader())

    assert ("wss", ("127.0.0.1", 5000)) == (found["scheme"], found["client"])


def test_scope_of_a_request_says_who_asks_and_for_which_host() -> None:
    headers = ((b"x-forwarded-for", b"192.0.2.7"), (b"x-forwarded-host", b"shop.example"))
    found = with_forwarded(scope("http", "http", *headers), reader("x-forwarded"))

    assert ("192.0.2.7", 0) == found["client"]
    assert [(b"host", b"shop.example"), *headers] == found["headers"]


def test_scope_of_which_nothing_is_said_stays_as_it_is() -> None:
    before = scope("http", "http")

    assert before is with_forwarded(before, reader())
