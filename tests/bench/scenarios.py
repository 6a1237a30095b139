"""What is asked of each contestant: a new scenario is one more value, and perhaps a Lua file for wrk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tests.bench.apps import CHUNK, CHUNKS, FILE_SIZE, HELLO, LARGE


@dataclass(frozen=True, slots=True)
class Target:
    """`who` costs at most, or at least, so many times what `whom` does."""

    who: str
    relation: Literal["at most", "at least"]
    times: float
    whom: str

    def is_met(self, ratio: float) -> bool:
        return ratio <= self.times if self.relation == "at most" else ratio >= self.times


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of request, put to each contestant in each round."""

    name: str
    """For `make bench SCENARIOS=...`."""
    words: str
    """What it is, for the page."""
    app: str
    """module:variable that answers it."""
    script: str | None = None
    """A file in tests/bench/wrk that makes the requests; without one, they are `GET path` with a Host."""
    path: str = "/"
    connections: int = 32
    answer: int = len(HELLO)
    """Octets of the answer's body: what each contestant must send before it is measured."""
    request_body: int = 0
    """Octets of the request's body: the floor is told, for it does not parse."""
    has_floor: bool = True
    """Whether the floor can answer it: a constant, in one piece."""
    needs: frozenset[str] = frozenset()
    """What a contestant must know: "chunks", "tls", "log"."""
    targets: tuple[Target, ...] = ()
    """What we promise ourselves of it."""

    @property
    def scheme(self) -> str:
        return "https" if "tls" in self.needs else "http"


def at_most(times: float, whom: str) -> tuple[Target, ...]:
    """Ask the same of both builds; the one that is Python has to keep it."""
    return Target("wsgid", "at most", times, whom), Target("wsgid-compiled", "at most", times, whom)


NO_DEARER_THAN_GRANIAN = at_most(1.0, "granian")
NEAR_GRANIAN = at_most(1.2, "granian")

SCENARIOS = (
    Scenario(
        name="hello",
        words="Hello world over 32 kept connections: the least that a server does.",
        app="tests.bench.apps:hello",
        targets=(
            *at_most(2.5, "floor"),
            *at_most(2.0, "floor"),
            Target("wsgid-threads", "at most", 3.0, "floor"),
            Target("gunicorn-gthread", "at least", 8.0, "wsgid"),
            *NO_DEARER_THAN_GRANIAN,
        ),
    ),
    Scenario(
        name="browser",
        words="The same with the headers that a browser sends.",
        app="tests.bench.apps:hello",
        script="browser.lua",
        targets=NO_DEARER_THAN_GRANIAN,
    ),
    Scenario(
        name="close",
        words="A connection a request: accepted, answered and closed.",
        app="tests.bench.apps:hello",
        script="close.lua",
        targets=NO_DEARER_THAN_GRANIAN,
    ),
    Scenario(
        name="post",
        words="A form of 10 KB, read by the application.",
        app="tests.bench.apps:read",
        script="post.lua",
        request_body=10240,
        targets=NO_DEARER_THAN_GRANIAN,
    ),
    Scenario(
        name="large",
        words="An answer of 1 MB, in one block.",
        app="tests.bench.apps:large",
        answer=len(LARGE),
        targets=NO_DEARER_THAN_GRANIAN,
    ),
    Scenario(
        name="chunks",
        words="64 blocks of 1 KB without a Content-Length; each is sent before the next is asked for.",
        app="tests.bench.apps:chunks",
        answer=len(CHUNK) * CHUNKS,
        has_floor=False,
        needs=frozenset({"chunks"}),
        targets=NEAR_GRANIAN,
    ),
    Scenario(
        name="file",
        words="A file of 10 MB by `wsgi.file_wrapper`, in blocks of 64 KB where a server has none.",
        app="tests.bench.apps:file",
        answer=FILE_SIZE,
        has_floor=False,
        targets=NEAR_GRANIAN,
    ),
    Scenario(
        name="flask",
        words="The front page of a Flask application; most of it is Flask's.",
        app="tests.apps.flask_app:application",
        answer=len("hello world"),
        has_floor=False,
        targets=NO_DEARER_THAN_GRANIAN,
    ),
    Scenario(
        name="log",
        words="Hello world again, each with its line in the access log, in the format as shipped.",
        app="tests.bench.apps:hello",
        has_floor=False,
        needs=frozenset({"log"}),
    ),
    Scenario(
        name="tls",
        words="Hello world over 32 kept connections of TLS.",
        app="tests.bench.apps:hello",
        has_floor=False,
        needs=frozenset({"tls"}),
        targets=NEAR_GRANIAN,
    ),
)
