"""TLS on memory, between a client in memory and a kernel that takes as little as the test likes."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from wsgid.net.pem import read_pem_files
from wsgid.net.tls import make_context
from wsgid.workers.no_tls import NoTLSError
from wsgid.workers.secure import SecureSocket

if TYPE_CHECKING:
    from collections.abc import Callable

PAIR = Path(__file__).parents[2] / "integration" / "tls"
CONTEXT = make_context(read_pem_files(str(PAIR / "one.pem"), str(PAIR / "one.key"), None), None)
BODY = bytes(range(256)) * 1000


class Kernel:
    """The one end of a connection: what came, and how much may go."""

    def __init__(self, room: int) -> None:
        self.came = bytearray()
        self.went = bytearray()
        self.room = room
        self.is_shut = False

    def recv(self, size: int) -> bytes:
        if not self.came:
            if self.is_shut:
                return b""
            raise BlockingIOError
        data = bytes(self.came[:size])
        del self.came[:size]
        return data

    def send(self, data: bytes) -> int:
        if not self.room:
            raise BlockingIOError
        sent = min(self.room, len(data))
        self.went += data[:sent]
        self.room -= sent
        return sent

    def shutdown(self, how: int) -> None:
        self.is_shut |= how == socket.SHUT_RD

    def close(self) -> None:
        pass


class Meeting:
    """A client and a SecureSocket, with the kernel between them in the test's hands."""

    def __init__(self, room: int = 1 << 30) -> None:
        self.kernel = Kernel(room)
        self.secure = SecureSocket(cast("socket.socket", self.kernel), CONTEXT)
        self.said_more = 0
        self.secure.on_more = self._on_more
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client.check_hostname = False
        client.verify_mode = ssl.CERT_NONE
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.client = client.wrap_bio(self._incoming, self._outgoing)

    def _on_more(self) -> None:
        self.said_more += 1

    def carry(self) -> None:
        """Bring each side what the other has said."""
        self.kernel.came += self._outgoing.read()
        self._incoming.write(self.kernel.went)
        self.kernel.went.clear()

    def try_(self, act: Callable[[], object]) -> object:
        """Have the client do something as far as it can."""
        try:
            return act()
        except ssl.SSLWantReadError:
            return None

    def shake(self) -> int:
        """Complete the handshake; give how many turns the server has waited to write."""
        waited = 0
        is_done = False
        while not is_done:
            self.try_(self.client.do_handshake)
            self.carry()
            is_done = self.secure.shake()
            if self.secure.wants_to_write:
                waited += 1
                self.kernel.room += 100
            self.carry()
        return waited

    def hear(self) -> bytes:
        """Give all that the client can read."""
        self.carry()
        found = b""
        while data := self.try_(lambda: self.client.read(1 << 16)):
            found += cast("bytes", data)
        return found


def test_a_handshake_waits_until_the_client_has_taken_each_part() -> None:
    meeting = Meeting(room=0)

    assert meeting.shake() > 3


def test_what_is_said_to_be_sent_is_out() -> None:
    """The kernel takes a little at a time; the same octets are sent again until they are out."""
    meeting = Meeting()
    meeting.shake()
    meeting.hear()
    rest, heard = BODY, b""
    while rest:
        meeting.kernel.room = 9_999
        try:
            sent = meeting.secure.send(memoryview(rest))
        except BlockingIOError:
            sent = 0
        heard += meeting.hear()
        rest = rest[sent:]
        # Never more than the client has; less, while a piece is on its way.
        assert len(BODY) - len(rest) <= len(heard) <= len(BODY) - len(rest) + 64 * 1024

    assert BODY == heard


def test_octets_may_be_sent_again_out_of_a_longer_piece() -> None:
    """As when they have moved to a file meanwhile, from which as much is read as there is."""
    meeting = Meeting()
    meeting.shake()
    meeting.hear()
    meeting.kernel.room = 10
    with pytest.raises(BlockingIOError):
        meeting.secure.send(BODY[:100])
    meeting.kernel.room = 1 << 30

    assert 100 == meeting.secure.send(BODY)
    assert BODY[:100] == meeting.hear()


def test_everything_that_was_received_is_deciphered_at_once() -> None:
    """What stayed inside would wait for ever: epoll does not see it."""
    meeting = Meeting()
    meeting.shake()
    for at in range(100):
        meeting.client.write(BODY[at : at + 1])
    meeting.carry()

    assert BODY[:100] == meeting.secure.recv(1 << 16)
    with pytest.raises(BlockingIOError):
        meeting.secure.recv(1 << 16)


def test_a_part_of_a_record_says_nothing_yet() -> None:
    meeting = Meeting()
    meeting.shake()
    meeting.client.write(b"request")
    meeting.carry()
    last = meeting.kernel.came.pop()
    with pytest.raises(BlockingIOError):
        meeting.secure.recv(1 << 16)
    meeting.kernel.came.append(last)

    assert b"request" == meeting.secure.recv(1 << 16)


def test_a_full_read_says_that_there_may_be_more() -> None:
    meeting = Meeting()
    meeting.shake()
    meeting.client.write(b"request")
    meeting.carry()
    size = len(meeting.kernel.came)
    before = meeting.said_more

    assert b"request" == meeting.secure.recv(size)
    assert before + 1 == meeting.said_more


def test_a_good_bye_behind_a_request_becomes_an_end_of_the_kernel() -> None:
    """TLS has no event for it; the connection would wait for another request."""
    meeting = Meeting()
    meeting.shake()
    meeting.client.write(b"request")
    meeting.try_(meeting.client.unwrap)
    meeting.carry()

    assert b"request" == meeting.secure.recv(1 << 16)
    assert meeting.kernel.is_shut
    assert b"" == meeting.secure.recv(1 << 16)


def test_a_good_bye_alone_is_the_end() -> None:
    meeting = Meeting()
    meeting.shake()
    meeting.try_(meeting.client.unwrap)
    meeting.carry()

    assert b"" == meeting.secure.recv(1 << 16)


@pytest.mark.parametrize("is_cut", [False, True])
def test_a_response_that_is_cut_has_no_good_bye(is_cut: bool) -> None:  # noqa: FBT001
    """Without a length it is the only mark of a whole one."""
    meeting = Meeting()
    meeting.shake()
    meeting.secure.send(b"answer")
    if is_cut:
        meeting.secure.say_no_goodbye()
    meeting.secure.end()
    meeting.carry()

    assert b"answer" == meeting.client.read(100)
    if is_cut:
        with pytest.raises(ssl.SSLWantReadError):
            meeting.client.read(100)
    else:
        assert b"" == meeting.client.read(100)


def test_a_client_that_says_something_else_is_told_of_with_what_it_said() -> None:
    meeting = Meeting()
    meeting.kernel.came += b"GET / HTTP/1.1\r\n"
    with pytest.raises(NoTLSError) as caught:
        meeting.secure.shake()

    assert b"GET / HTTP/1.1\r\n" == caught.value.octets
    assert not meeting.kernel.went


def test_what_is_no_tls_in_the_middle_is_an_error_and_an_alert() -> None:
    meeting = Meeting()
    meeting.shake()
    meeting.hear()
    meeting.kernel.came += b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    with pytest.raises(ssl.SSLError):
        meeting.secure.recv(1 << 16)

    assert meeting.kernel.went
