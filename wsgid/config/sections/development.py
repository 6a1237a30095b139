"""New code as soon as it is written."""

from typing import Annotated, Literal

from wsgid.config import types as t
from wsgid.config.about import About
from wsgid.config.sections.section import Section


class Development(Section):
    """New code as soon as it is written."""

    reload: Annotated[
        t.Flag,
        About("restart", "start new workers when the application's code changes", ("--reload",)),
    ] = False
    reload_engine: Annotated[
        Literal["auto", "inotify", "poll"],
        t.words("auto", "inotify", "poll"),
        About("restart", "how changes are noticed: auto, inotify, poll", ("--reload-engine",), "WORD"),
    ] = "auto"
    reload_extra_files: Annotated[
        t.Paths,
        About(
            "restart",
            "further files and patterns to watch; may be repeated",
            ("--reload-extra-file",),
            "FILE[,FILE]",
        ),
    ] = ()
