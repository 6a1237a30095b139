"""The moments at which functions of the user's are called."""

from typing import Annotated

from pydantic import Field

from wsgid.config import types as t
from wsgid.config.about import About
from wsgid.config.sections.section import Section


class Hooks(Section):
    """The moments at which functions of the user's are called."""

    hooks: Annotated[
        t.Hooks,
        About(
            "workers",
            "functions to call at named moments; in a Python file each is a function of that name",
            metavar="NAME=MODULE:FUNCTION",
            is_gunicorn=False,
        ),
    ] = Field(default_factory=dict)
