"""The sentence for each way in which listening fails; real sockets are in integration/test_listen.py."""

from __future__ import annotations

import errno
import os
import socket
from typing import NoReturn

import pytest

from wsgid.errors import AddressError
from wsgid.net import listener
from wsgid.net.address import parse_address


@pytest.mark.parametrize(
    ("text", "number", "message"),
    [
        ("127.0.0.1:80", errno.EACCES, "want root, CAP_NET_BIND_SERVICE or a socket that systemd passes"),
        ("unix:/run/x/s", errno.EACCES, "not allowed to write in /run/x; as whom is the server to run?"),
        ("unix:/run/x/s", errno.EPERM, "not allowed to write in /run/x"),
        ("192.0.2.1:80", errno.EADDRNOTAVAIL, "this machine has no address 192.0.2.1"),
        ("unix:/run/x/s", errno.ENOENT, "there is no directory /run/x; make it, or let systemd do so"),
        ("127.0.0.1:80", errno.ENFILE, os.strerror(errno.ENFILE)),
    ],
)
def test_each_failure_has_its_sentence(text: str, number: int, message: str) -> None:
    assert message in listener.why(parse_address(text), OSError(number, os.strerror(number)))


def test_a_host_that_is_not_known_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(AddressError) as caught:
        listener.open_listener(parse_address("shop:80"), backlog=1)

    assert str(caught.value) == (
        "cannot listen at http://shop:80: the host `shop` is not known (Name or service not known); "
        "write an address of this machine, 127.0.0.1 or 0.0.0.0"
    )
