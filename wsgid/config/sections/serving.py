"""How answers are given."""

from typing import Annotated, Literal

from wsgid.config import types as t
from wsgid.config.about import ASGI_ALONE, PARSER_KINDS, About
from wsgid.config.sections.section import Section


class Serving(Section):
    """How answers are given."""

    sendfile: Annotated[
        t.Flag,
        About("workers", "let the kernel send files (sendfile(2))", ("--sendfile",), kinds=PARSER_KINDS),
    ] = True
    server_header: Annotated[
        t.HeaderValue,
        About(
            "workers",
            'value of the Server header; "" leaves it out',
            ("--server-header",),
            "TEXT",
            kinds=PARSER_KINDS,
            is_gunicorn=False,
        ),
    ] = "wsgid"
    asgi_lifespan: Annotated[
        Literal["auto", "on", "off"],
        t.off_or_words("auto", "on", true="on"),
        About(
            "workers",
            "tell an ASGI application of start and end: auto, on, off",
            ("--asgi-lifespan",),
            "WORD",
            kinds=ASGI_ALONE,
            true_word="on",
        ),
    ] = "auto"
    root_path: Annotated[
        t.Text,
        About(
            "workers",
            "path below which a proxy mounts an ASGI application",
            ("--root-path",),
            "PATH",
            kinds=ASGI_ALONE,
        ),
    ] = ""
