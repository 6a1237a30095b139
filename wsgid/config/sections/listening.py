"""Where clients are accepted."""

from typing import Annotated

from pydantic import Field

from wsgid.config import types as t
from wsgid.config.about import About
from wsgid.config.sections.section import Section


class Listening(Section):
    """Where clients are accepted."""

    bind: Annotated[
        t.Addresses,
        About(
            "listeners",
            "where to listen: HOST:PORT, [V6]:PORT, :PORT, unix:PATH, fd://N, systemd:NAME; may be repeated",
            ("-b", "--bind"),
            "ADDRESS",
        ),
    ] = ("127.0.0.1:8000",)
    backlog: Annotated[
        int,
        # listen(2) takes an int; the kernel cuts it to net.core.somaxconn.
        Field(ge=1, le=2**31 - 1),
        t.Expects("an integer"),
        About("listeners", "connections that may wait to be accepted", ("--backlog",), "N"),
    ] = 2048
    reuse_port: Annotated[
        t.Flag,
        About("listeners", "let other servers listen at the same port (SO_REUSEPORT)", ("--reuse-port",)),
    ] = False
    socket_mode: Annotated[
        t.Mode,
        About(
            "listeners",
            "mode of Unix sockets; where umask is set and this is not, 0666 less what it takes",
            ("--socket-mode",),
            "MODE",
            is_gunicorn=False,
            is_octal=True,
        ),
    ] = 0o660
    socket_user: Annotated[
        t.AccountOrNone,
        About("listeners", "owner of Unix sockets: a name or a number", is_gunicorn=False),
    ] = None
    socket_group: Annotated[
        t.AccountOrNone,
        About("listeners", "group of Unix sockets: a name or a number", is_gunicorn=False),
    ] = None
