"""An application and what it puts on the wire, without a socket."""

from __future__ import annotations

import fcntl
import io
import os
import weakref
from array import array
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from wsgid.protocol.http1 import Request
from wsgid.wsgi.client_gone import ClientGone
from wsgid.wsgi.environ import boot_environ, connection_environ, request_environ
from wsgid.wsgi.exchange import Exchange, Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wsgid.wsgi.file_wrapper import FileRange


class Wire:
    """Takes what goes out."""

    def __init__(self) -> None:
        self.sends: list[bytes] = []
        self.files: list[FileRange] = []
        self.is_gone = False
        self.taken: object = None
        self.pending: object = None
        # Of each response that was cut, whether only the end of the connection would have ended it.
        self.cuts: list[bool] = []

    def send(self, data: bytes) -> None:
        if self.is_gone or self.taken is not None:
            raise ClientGone
        self.sends.append(data)

    def send_last(self, data: bytes) -> None:
        self.send(data)

    def descriptor(self) -> int | None:
        return None

    def send_rest(self, sent: int, *pieces: bytes) -> None:
        self.send(b"".join(pieces)[sent:])

    def send_last_pieces(self, *pieces: bytes) -> None:
        self.send(b"".join(pieces))

    def send_file(self, part: FileRange) -> None:
        self.files.append(part)

    def progress(self) -> None:
        pass

    def progress_at(self) -> tuple[memoryview[float], int] | None:
        return None

    def cut(self, *, is_open_ended: bool) -> None:
        self.cuts.append(is_open_ended)


class Pipe(Wire):
    """A wire with a descriptor, as a connection without TLS has it; what was written there comes behind."""

    def __init__(self) -> None:
        super().__init__()
        self.reader, self.writer = os.pipe2(os.O_NONBLOCK)
        # The time of the last progress, as the scoreboard has it.
        self.times = memoryview(array("d", [0.0])).cast("B").cast("d")

    def close(self) -> None:
        os.close(self.writer)
        if not self.is_gone:
            os.close(self.reader)

    def descriptor(self) -> int | None:
        return self.writer

    def send_rest(self, sent: int, *pieces: bytes) -> None:
        super().send_rest(sent, *pieces)
        self.pending = self.sends[-1]

    def progress(self) -> None:
        self.times[0] = 1.0

    def progress_at(self) -> tuple[memoryview[float], int] | None:
        return self.times, 0

    def written(self) -> bytes:
        """Give what has been written since this was last asked; none of it is in `sends`."""
        try:
            return os.read(self.reader, 1024 * 1024)
        except BlockingIOError:
            return b""

    def leave(self) -> None:
        """Be a client that has gone."""
        self.is_gone = True
        os.close(self.reader)


class Ran:
    """One request that was run: the wire, what was reported, what was recorded."""

    def __init__(
        self, app: Any, method: str = "GET", *, http11: bool = True, wire: Wire | None = None
    ) -> None:
        self.wire = wire or Wire()
        self.reports: list[tuple[str, BaseException | None]] = []
        self.records: list[str] = []
        self.failed = 0
        around = Surroundings(
            app,
            lambda _, text, error: self.reports.append((text, error)),
            lambda exchange: self.records.append(f"{exchange.status} {exchange.sent}"),
            "",
            sendfile=True,
            failed=self._on_failure,
        )
        common = connection_environ(
            boot_environ(multithread=False, multiprocess=False, errors=io.StringIO()), ("h", "80"), None
        )
        request = Request(b"", method, "/a%2Fb?c", http11, common)
        environ = request_environ(request, io.BytesIO())
        self.exchange = Exchange(around, self.wire, request, environ, 1.0)
        self.exchange.run()
        self.exchange.finish(2.0)

    def _on_failure(self) -> None:
        self.failed += 1

    @property
    def head(self) -> list[str]:
        return b"".join(self.wire.sends).partition(b"\r\n\r\n")[0].decode().split("\r\n")

    @property
    def body(self) -> bytes:
        return b"".join(self.wire.sends).partition(b"\r\n\r\n")[2]


def answering(blocks: Any, *headers: tuple[str, str], status: str = "200 OK") -> Callable[..., Any]:
    def app(_: Any, start_response: Any) -> Any:
        start_response(status, list(headers))
        return blocks

    return app


def test_a_list_of_one_leaves_in_one_send_with_its_length() -> None:
    ran = Ran(answering([b"hello"]))

    assert [b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"] == ran.wire.sends
    assert ["200 OK 5"] == ran.records


@pytest.mark.parametrize(
    ("http11", "framing", "body"),
    [
        (True, "Transfer-Encoding: chunked", b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n"),
        (False, "Connection: close", b"ab"),
    ],
)
def test_several_blocks_are_chunked_or_end_with_the_connection(
    *, http11: bool, framing: str, body: bytes
) -> None:
    ran = Ran(answering([b"a", b"", b"b"]), http11=http11)

    assert framing in ran.head
    assert body == ran.body


def test_each_block_is_out_before_the_next_is_asked_for() -> None:
    wire = Wire()
    seen: list[int] = []

    def blocks() -> Iterator[bytes]:
        for _ in range(3):
            seen.append(len(wire.sends))
            yield b"x"

    Ran(answering(blocks()), wire=wire)

    assert seen == [0, 1, 2]


class Derived(bytes):
    """A block that is none of the plain ones."""


def test_a_stream_of_any_blocks_goes_to_the_descriptor_in_their_order() -> None:
    blocks = [b"first", b"ab", b"cd", b"", Derived(b"efg"), b"x" * 3000, b"", b"yz"]
    with closing(Pipe()) as wire:
        ran = Ran(answering(blocks), wire=wire)
        written = wire.written()

    assert b"2\r\nab\r\n" + b"2\r\ncd\r\n" + b"bb8\r\n" + blocks[5] + b"\r\n" + b"2\r\nyz\r\n" == written
    # The head, what has a type of its own, and the end go the common way.
    assert [b"3\r\nefg\r\n", b"0\r\n\r\n"] == wire.sends[1:]
    assert [f"200 OK {sum(map(len, blocks))}"] == ran.records


def test_each_block_is_written_and_told_before_the_next_is_asked_for() -> None:
    seen: list[tuple[bytes, bool]] = []

    def app(_: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield b"head"
        for block in (b"a", b"bc", b"", b"d"):
            wire.times[0] = 0.0
            yield block
            seen.append((wire.written(), wire.times[0] > 0.0))

    with closing(Pipe()) as wire:
        Ran(app, wire=wire)

    assert [(b"1\r\na\r\n", True), (b"2\r\nbc\r\n", True), (b"", True), (b"1\r\nd\r\n", True)] == seen


def test_what_a_client_does_not_take_at_once_is_sent_behind_what_it_took() -> None:
    blocks = [b"head", b"x" * 20_000, b"behind"]
    with closing(Pipe()) as wire:
        fcntl.fcntl(wire.writer, fcntl.F_SETPIPE_SZ, 4096)
        ran = Ran(answering(blocks), wire=wire)
        written = wire.written()

    chunk = b"4e20\r\n" + blocks[1] + b"\r\n"
    assert 0 < len(written) < len(chunk)
    assert [chunk[len(written) :], b"6\r\nbehind\r\n", b"0\r\n\r\n"] == wire.sends[1:]
    assert [f"200 OK {sum(map(len, blocks))}"] == ran.records


def test_nothing_of_a_block_is_lost_where_a_client_takes_nothing_at_all() -> None:
    with closing(Pipe()) as wire:
        fcntl.fcntl(wire.writer, fcntl.F_SETPIPE_SZ, 4096)
        os.write(wire.writer, b"-" * 4096)
        Ran(answering([b"head", b"a", b"b"]), wire=wire)

        assert b"-" * 4096 == wire.written()

    assert [b"1\r\na\r\n", b"1\r\nb\r\n", b"0\r\n\r\n"] == wire.sends[1:]


def test_a_stream_to_a_client_that_has_gone_is_broken_off_and_recorded() -> None:
    def app(_: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield b"head"
        yield b"a"
        wire.leave()
        yield b"b"
        pytest.fail("it was asked for a block that nobody takes")

    with closing(Pipe()) as wire:
        ran = Ran(app, wire=wire)

    assert ([False], [], ["200 OK 6"]) == (wire.cuts, ran.reports, ran.records)
    assert not ran.exchange.keep_alive


def test_nothing_is_written_to_a_socket_that_was_taken_in_the_middle_of_a_stream() -> None:
    def app(_: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield b"head"
        yield b"a"
        wire.taken = wire
        yield b"nobody hears this"

    with closing(Pipe()) as wire:
        ran = Ran(app, wire=wire)

        assert b"1\r\na\r\n" == wire.written()

    assert ["101 Switching Protocols 0"] == ran.records


def test_what_an_application_sends_between_two_blocks_stays_between_them() -> None:
    def app(_: Any, start_response: Any) -> Iterator[bytes]:
        write = start_response("200 OK", [])
        yield b"head"
        yield b"a"
        # The client takes no more from here on.
        wire.pending = write
        write(b"b")
        yield b"c"

    with closing(Pipe()) as wire:
        ran = Ran(app, wire=wire)

        assert b"1\r\na\r\n" == wire.written()

    assert [b"1\r\nb\r\n", b"1\r\nc\r\n", b"0\r\n\r\n"] == wire.sends[1:]
    assert ["200 OK 7"] == ran.records


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_no_body_where_there_can_be_none(status: str) -> None:
    assert Ran(answering([b"x"], status=status)).body == b""


def test_head_has_the_length_and_no_body() -> None:
    ran = Ran(answering([b"hello"], ("Content-Length", "5")), "HEAD")

    assert "Content-Length: 5" in ran.head
    assert ran.body == b""


def test_more_than_content_length_is_cut_and_less_ends_the_connection() -> None:
    more = Ran(answering([b"abc", b"def"], ("Content-Length", "4")))
    less = Ran(answering([b"abc"], ("Content-Length", "4")))

    assert more.body == b"abcd"
    assert more.exchange.keep_alive
    assert not less.exchange.keep_alive
    assert len(more.reports) == len(less.reports) == 1
    assert [] == more.wire.cuts
    assert [False] == less.wire.cuts
    assert (0, 1) == (more.failed, less.failed)


@pytest.mark.parametrize(
    ("http11", "headers", "cuts"),
    [(True, [], [False]), (False, [], [True]), (False, [("Content-Length", "9")], [False])],
)
def test_who_waits_for_the_end_of_the_connection_must_not_take_half_for_the_whole(
    *, http11: bool, headers: list[tuple[str, str]], cuts: list[bool]
) -> None:
    def blocks() -> Iterator[bytes]:
        yield b"half"
        raise ValueError

    ran = Ran(answering(blocks(), *headers), http11=http11)

    assert cuts == ran.wire.cuts
    assert not ran.exchange.keep_alive


def raising(error: BaseException) -> Callable[..., Any]:
    def app(_: Any, __: Any) -> Any:
        raise error

    return app


@pytest.mark.parametrize("error", [ValueError("x"), SystemExit(3), KeyboardInterrupt()])
def test_a_failing_application_is_a_500_and_a_report(error: BaseException) -> None:
    ran = Ran(raising(error))

    assert ran.head[0] == "HTTP/1.1 500 Internal Server Error"
    assert [("the application failed", error)] == ran.reports
    assert 1 == ran.failed


def broken_off() -> Iterator[bytes]:
    yield b"a"
    raise ValueError


@pytest.mark.parametrize("error", ["500 Internal Server Error", "503 Busy"])
def test_what_fails_is_counted_once(error: str) -> None:
    """Whether the application says so itself, or breaks off, or does both."""
    said, broken, both, good = (
        Ran(answering(blocks, status=status))
        for status, blocks in (
            (error, [b"x"]),
            ("200 OK", broken_off()),
            (error, broken_off()),
            ("404 Not Found", [b"x"]),
        )
    )

    assert [1, 1, 1, 0] == [ran.failed for ran in (said, broken, both, good)]
    assert said.head[0] == f"HTTP/1.1 {error}"


def test_a_failure_in_the_middle_leaves_out_the_last_chunk() -> None:
    ran = Ran(answering(broken_off()))

    assert ran.body == b"1\r\na\r\n"
    assert not ran.exchange.keep_alive


@pytest.mark.parametrize("blocks", [["text"], [None], [bytearray(b"x")], 5])
def test_what_is_no_bytes_is_a_500(blocks: Any) -> None:
    assert Ran(answering(blocks)).head[0].startswith("HTTP/1.1 500")


def test_close_is_called_once_whatever_happens() -> None:
    class Blocks:
        closed = 0

        def __iter__(self) -> Iterator[bytes]:
            yield b"a"
            raise ValueError

        def close(self) -> None:
            self.closed += 1
            raise RuntimeError

    gone = Wire()
    gone.is_gone = True
    for method, wire in (("GET", None), ("HEAD", None), ("GET", gone)):
        blocks = Blocks()
        Ran(answering(blocks), method, wire=wire)
        assert blocks.closed == 1


def test_path_is_decoded_once_and_the_query_never() -> None:
    seen: dict[str, Any] = {}

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.update(environ)
        start_response("200 OK", [])
        return []

    Ran(app)

    assert ("/a/b", "c", "/a%2Fb?c") == (seen["PATH_INFO"], seen["QUERY_STRING"], seen["RAW_URI"])


def test_the_environ_goes_when_the_exchange_is_over() -> None:
    """It holds early_hints, and so the exchange: a circle, that would be left to the garbage collector."""
    kept: list[weakref.ref[Wire]] = []

    def app(environ: Any, start_response: Any) -> Any:
        environ["test.value"] = value = Wire()
        kept.append(weakref.ref(value))
        start_response("200 OK", [])
        return [b"x"]

    ran = Ran(app)

    assert b"x" == ran.body
    assert [None] == [reference() for reference in kept]


def taking(wire: Wire, error: BaseException | None) -> Callable[..., Any]:
    """An application that speaks another protocol on the socket, and then ends so."""

    def app(_: Any, start_response: Any) -> Any:
        wire.taken = wire
        if error is not None:
            raise error
        start_response("200 OK", [])
        return [b"nobody hears this"]

    return app


@pytest.mark.parametrize("error", [StopIteration(), None], ids=["StopIteration", "an answer"])
def test_whoever_took_the_socket_is_recorded_and_not_answered(error: BaseException | None) -> None:
    """What simple-websocket does at the end of a call, and what Flask does with a failure."""
    wire = Wire()
    ran = Ran(taking(wire, error), wire=wire)

    assert ([], ["101 Switching Protocols 0"], []) == (wire.sends, ran.records, ran.reports)
    assert not ran.exchange.keep_alive


def test_failure_of_whoever_took_the_socket_is_reported() -> None:
    wire = Wire()
    error = ValueError("x")
    ran = Ran(taking(wire, error), wire=wire)

    assert ([], ["101 Switching Protocols 0"]) == (wire.sends, ran.records)
    assert [("the application failed", error)] == ran.reports
