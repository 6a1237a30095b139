"""wsgi.file_wrapper around files of every shape (PEP 3333, "Optional Platform-Specific File Handling")."""

from __future__ import annotations

from typing import Any

from tests.apps.probe.files import content
from tests.conformance.case import Case, Reply, case, ordered_file

RULE = "PEP 3333"
CLOSED = ("file closed",)
REGULAR = ("buffered", "raw")
SEEKABLE = (*REGULAR, "memory", "compressed", "lying-fileno")
ALL = (*SEEKABLE, "pipe", "only-read")
TELLS = ("told-buffered", "told-raw", "told-memory")


def told(kind: str) -> tuple[str, ...]:
    """Give what a file of this kind tells."""
    return CLOSED if kind == "only-read" or kind in TELLS else ()


def file_case(name: str, kind: str, reply: Reply, **plan: Any) -> Case:
    """Make a case for one kind of file."""
    logged: tuple[str, ...] | None = ("Content-Length",) if reply.is_cut else ()
    if "length" in plan and reply.framing == "length":
        # a part of a file is sent this way on purpose; to name it in the log or not is left open
        logged = ("Content-Length",) if "through" in plan else None
    return case(
        f"file, {kind}: {name}", RULE, ordered_file(kind=kind, **plan), reply, told=told(kind), logged=logged
    )


WHOLE = content(1000)
CASES: tuple[Case, ...] = (
    *(file_case("whole", kind, Reply(body=WHOLE)) for kind in (*ALL, *TELLS)),
    *(file_case("a length", kind, Reply(body=WHOLE, framing="length"), length=1000) for kind in ALL),
    *(
        file_case(
            "longer than its Content-Length", kind, Reply(body=WHOLE[:300], framing="length"), length=300
        )
        for kind in (*ALL, *TELLS)
    ),
    *(
        file_case("shorter than its Content-Length", kind, Reply(body=WHOLE, is_cut=True), length=2000)
        for kind in (*ALL, *TELLS)
    ),
    *(file_case("from its offset", kind, Reply(body=WHOLE[100:]), seek=100) for kind in SEEKABLE),
    *(
        file_case(
            "from its offset, a length",
            kind,
            Reply(body=WHOLE[100:400], framing="length"),
            seek=100,
            length=300,
        )
        for kind in SEEKABLE
    ),
    *(
        file_case("partly read before", kind, Reply(body=WHOLE[100:]), skip=100)
        for kind in ALL
        if kind != "only-read"
    ),
    *(file_case("from its end", kind, Reply(body=b""), seek=1000) for kind in SEEKABLE),
    *(
        file_case("from behind its end", kind, Reply(body=b""), seek=2000)
        for kind in ("buffered", "raw", "memory")
    ),
    *(file_case("empty", kind, Reply(body=b""), size=0) for kind in ALL),
    *(
        file_case("empty, a length of 0", kind, Reply(body=b"", framing="length"), size=0, length=0)
        for kind in REGULAR
    ),
    *(
        file_case("empty, a length above 0", kind, Reply(body=b"", is_cut=True), size=0, length=10)
        for kind in REGULAR
    ),
    *(
        file_case("3 MB", kind, Reply(body=content(3_000_000)), size=3_000_000)
        for kind in ALL
        if kind != "pipe"
    ),
    *(
        file_case(
            "3 MB, a length",
            kind,
            Reply(body=content(3_000_000), framing="length"),
            size=3_000_000,
            length=3_000_000,
        )
        for kind in REGULAR
    ),
    *(file_case("blocks of 7", kind, Reply(body=WHOLE), block=7) for kind in (*REGULAR, "memory", "pipe")),
    *(
        file_case("through middleware", kind, Reply(body=WHOLE), through="middleware")
        for kind in (*ALL, *TELLS)
    ),
    *(
        file_case(
            "through middleware, a length",
            kind,
            Reply(body=WHOLE[:300], framing="length"),
            through="middleware",
            length=300,
        )
        for kind in REGULAR
    ),
    file_case("whole", "proc", Reply(body=b"Linux\n")),
    file_case("a length", "proc", Reply(body=b"Linux\n", framing="length"), length=6),
    *(
        case(
            f"file, {kind}: to HEAD",
            RULE,
            ordered_file(method="HEAD", kind=kind, length=1000),
            Reply(head=True, headers={"Content-Length": "1000"}),
            told=told(kind),
        )
        for kind in (*ALL, *TELLS)
    ),
    *(
        case(
            f"file, {kind}: to HEAD, no length",
            RULE,
            ordered_file(method="HEAD", kind=kind),
            Reply(head=True),
            told=told(kind),
        )
        for kind in ("buffered", "told-raw")
    ),
    *(
        case(
            f"file, {kind}: in {status[:3]}",
            RULE,
            ordered_file(kind=kind, status=status),
            Reply(status=int(status[:3]), body=b""),
            told=told(kind),
        )
        for kind in ("buffered", "raw", *TELLS)
        for status in ("204 No Content", "304 Not Modified")
    ),
    *(
        case(
            f"file, {kind}: in HTTP/1.0",
            RULE,
            ordered_file(http="1.0", kind=kind),
            Reply(body=WHOLE, closes=True),
            told=told(kind),
        )
        for kind in (*ALL, *TELLS)
    ),
    case(
        "file: two in one segment",
        RULE,
        ordered_file(kind="buffered", size=300_000) + ordered_file(kind="raw", size=10),
        Reply(body=content(300_000)),
        Reply(body=content(10)),
    ),
)
