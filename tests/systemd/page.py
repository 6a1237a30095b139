"""A page that is typed in a machine, from its first line to its last, and compared with what is printed.

    ```toml box=/etc/wsgid/shop.toml     a file that the reader writes, or writes anew
    ```console box                       what follows `# ` is typed by root; what stands below it is printed
    <!-- box ... -->                     what the machine of a test needs and a reader has

In what is printed, `...` stands for anything within a line, and a line of it for any lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_STEP: Final = re.compile(
    r"^<!-- box\n(?P<hidden>.*?)^-->\n"
    r"|^```\w+ box=(?P<file>\S+)\n(?P<text>.*?)^```\n"
    r"|^```console box\n(?P<typed>.*?)^```\n",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Command:
    """What is typed, and what is to be printed."""

    typed: str
    printed: str

    def pattern(self) -> str:
        """Give the expression that matches what may be printed."""
        lines = [
            r"(?:.*\n)*?" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + r"\n"
            for line in self.printed.splitlines()
        ]
        return "".join(lines)


@dataclass(frozen=True, slots=True)
class Page:
    """A script that types it, with a title before each command, and the commands by their titles."""

    script: str
    commands: dict[str, Command]


def read(text: str) -> Page:
    """Read a page."""
    parts: list[str] = []
    commands: dict[str, Command] = {}
    for step in _STEP.finditer(text):
        if step["hidden"] is not None:
            parts.append(f"{{ {step['hidden']} }} >&2")
        elif step["file"] is not None:
            name = step["file"]
            parts.append(
                f"mkdir -p {name.rpartition('/')[0]}; cat > {name} <<'END OF FILE'\n{step['text']}END OF FILE"
            )
        else:
            for command in _typed(step["typed"]):
                title = f"command {len(commands)}"
                commands[title] = command
                # Some are to fail; that is seen by what they print.
                parts.append(f"title {title}; {{ {command.typed}\n}} 2>&1 || true")
    return Page("\n".join([*parts, "title end"]), commands)


def _typed(text: str) -> Iterator[Command]:
    for part in re.split(r"(?m)^# ", text)[1:]:
        first, _, rest = part.partition("\n")
        while first.endswith("\\"):
            more, _, rest = rest.partition("\n")
            first = f"{first}\n{more}"
        yield Command(first, rest)
