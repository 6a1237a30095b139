"""The server as a process of the system: as whom it runs, how it is found and spoken to."""

from typing import Annotated, Literal

from wsgid.config import types as t
from wsgid.config.about import About
from wsgid.config.sections.section import Section


class Process(Section):
    """The server as a process of the system."""

    daemon: Annotated[
        t.Flag,
        About("restart", "leave the terminal and run in the background", ("-D", "--daemon")),
    ] = False
    pidfile: Annotated[
        t.PathOrNone,
        About("live", "file for the arbiter's pid", ("-p", "--pid"), "FILE"),
    ] = None
    user: Annotated[
        t.AccountOrNone,
        About(
            "restart",
            "user that workers run as: a name or a number",
            ("-u", "--user"),
            "USER",
            default_words="the one that starts the server",
        ),
    ] = None
    group: Annotated[
        t.AccountOrNone,
        About(
            "restart",
            "group that workers run as: a name or a number",
            ("-g", "--group"),
            "GROUP",
            default_words="the one that starts the server",
        ),
    ] = None
    initgroups: Annotated[
        t.Flag,
        About("restart", "give workers all groups of their user", ("--initgroups",)),
    ] = False
    umask: Annotated[
        t.ModeOrNone,
        About(
            "restart",
            "permissions that new files do not get",
            ("-m", "--umask"),
            "MODE",
            default_words="inherited",
            is_octal=True,
        ),
    ] = None
    upgrade: Annotated[
        Literal["auto", "manual"] | None,
        t.words_or_none("auto", "manual"),
        About(
            "live",
            "when the successor serves that SIGUSR2 started: auto, we leave; manual, both serve on",
            ("--upgrade",),
            "WORD",
            default_words="auto under systemd, else manual",
            is_gunicorn=False,
        ),
    ] = None
    control_socket: Annotated[
        t.ControlPath,
        About(
            "restart",
            "Unix socket for wsgidctl",
            ("--control-socket",),
            "PATH",
            default_words="$RUNTIME_DIRECTORY/control, else PIDFILE.control, else none",
        ),
    ] = None
    proc_name: Annotated[
        t.Text,
        About("restart", "name of the processes in ps and top", ("-n", "--name"), "NAME"),
    ] = ""
