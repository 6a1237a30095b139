"""What the sections have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

# The modules of the sections leave out the line of `annotations` above: pydantic would compile each of
# theirs once more, at every start.


class Section(BaseModel):
    """Settings that belong together; the class has the name under which --help shows them.

    Frozen, unknown names refused. Only the whole, `Settings`, is ever built and filled.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
