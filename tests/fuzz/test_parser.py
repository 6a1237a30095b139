"""Whatever comes, and however it is cut, is read in one way, costs no more than it may, never surprises."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import event, given, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.conformance.readers import Sink
from tests.fuzz.streams import cut, streams
from wsgid.protocol.fields import FieldKeys
from wsgid.protocol.http1 import EMPTY_LINES_BOUND, HEAD_BOUND, Limits, Request, RequestParser
from wsgid.protocol.refusal import Refusal

pytestmark = [pytest.mark.slow, pytest.mark.fuzz, pytest.mark.timeout(300)]

FUZZ = settings.get_profile("fuzz")
# Small, that they are met.
SMALL = Limits(line=200, fields=6, field_size=150, body=64)


def told(request: Request) -> tuple[Any, ...]:
    body = bytes(request.body) if isinstance(request.body, Sink) else None
    return (
        request.method,
        request.target,
        request.path,
        request.is_http11,
        request.keep_alive,
        request.environ,
        body,
    )


def make(limits: Limits) -> RequestParser:
    return RequestParser(limits, FieldKeys(), lambda _: Sink(), {})


def read(pieces: list[bytes], limits: Limits) -> tuple[list[tuple[Any, ...]], str]:
    """Requests, and how it ended; each is answered before more is read, as by a server."""
    parser = make(limits)
    requests = []
    try:
        for piece in pieces:
            request = parser.feed(piece)
            while request is not None:
                requests.append(told(request))
                if not request.keep_alive:
                    return requests, "closed"
                request = parser.feed() if parser.rest else None
    except Refusal:
        return requests, "refused"
    return requests, "begun" if parser.has_begun or parser.rest else "idle"


@settings(FUZZ)
@given(streams(), st.lists(st.integers(0, 2000), max_size=12), st.sampled_from([Limits(), SMALL]))
def test_any_split_of_any_input_gives_the_same_requests(
    octets: bytes, places: list[int], limits: Limits
) -> None:
    whole = read([octets], limits)
    event(f"{len(whole[0])} requests, {whole[1]}")

    assert whole == read(cut(octets, places), limits)
    assert whole == read([octets[at : at + 1] for at in range(len(octets))], limits)


class Conversation(RuleBasedStateMachine):
    """A client sends, the network cuts, the server reads and answers, in any order."""

    @initialize(limits=st.sampled_from([Limits(), SMALL]))
    def begin(self, limits: Limits) -> None:
        self.limits = limits
        self.parser = make(limits)
        self.sent = b""
        # In the kernel: sent, and not read.
        self.on_the_way = b""
        self.read: list[tuple[Any, ...]] = []
        self.unanswered: Request | None = None
        self.end = ""

    @rule(octets=streams())
    def send(self, octets: bytes) -> None:
        self.sent += octets
        self.on_the_way += octets

    @precondition(lambda self: self.on_the_way and self.unanswered is None and not self.end)
    @rule(size=st.integers(1, 400))
    def receive(self, size: int) -> None:
        octets, self.on_the_way = self.on_the_way[:size], self.on_the_way[size:]
        self.feed(octets)

    @precondition(lambda self: self.unanswered is not None)
    @rule()
    def answer(self) -> None:
        request, self.unanswered = self.unanswered, None
        assert request is not None
        if not request.keep_alive:
            self.end = "closed"
        elif self.parser.rest:
            self.feed(b"")

    def feed(self, octets: bytes) -> None:
        try:
            self.unanswered = self.parser.feed(octets)
        except Refusal as refusal:
            note(f"{refusal!r}")
            self.end = "refused"
        else:
            if self.unanswered is not None:
                self.read.append(told(self.unanswered))

    @invariant()
    def it_keeps_no_more_than_it_may(self) -> None:
        """What was read and is no request yet is a head within its bounds, or octets that wait."""
        if not self.end and self.unanswered is None:
            bound = max(HEAD_BOUND, self.limits.line + self.limits.field_size) + 400
            assert len(self.parser.rest) <= max(bound, 2 * EMPTY_LINES_BOUND)

    def teardown(self) -> None:
        """Whatever the order was, it is what one read of all would have given."""
        if not hasattr(self, "parser"):
            return
        while not self.end and (self.unanswered is not None or self.on_the_way):
            if self.unanswered is not None:
                self.answer()
            else:
                octets, self.on_the_way = self.on_the_way, b""
                self.feed(octets)
        requests, end = read([self.sent], self.limits)
        assert requests == self.read
        assert (end if end in {"refused", "closed"} else "") == self.end


TestConversation = Conversation.TestCase
TestConversation.settings = settings(FUZZ, stateful_step_count=12, max_examples=FUZZ.max_examples // 6)
