"""What systemd would make of an instance: wsgid@NAME.service and its drop-ins, read from their files.

Files rather than `systemctl show`: they can be read by everybody, and where systemd does not run.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# systemd.unit(5), "Unit File Load Path": earlier wins.
UNIT_PATH = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)
# systemd.exec(5): the directories that systemd makes before the start, and where.
_MADE = {
    "RuntimeDirectory": "/run",
    "StateDirectory": "/var/lib",
    "CacheDirectory": "/var/cache",
    "LogsDirectory": "/var/log",
}


@dataclass(frozen=True, slots=True)
class Unit:
    """What of a unit matters to a check. `directories` are those that systemd makes before the start."""

    name: str
    user: str = ""
    group: str = ""
    supplementary_groups: tuple[str, ...] = ()
    is_dynamic: bool = False
    working_directory: str = "/"
    directories: tuple[str, ...] = ()
    may_bind_low_ports: bool = False
    is_passed_sockets: bool = False
    """A socket unit listens for it."""
    variables: tuple[str, ...] = ()
    """Names that its Environment= sets."""
    environment_files: tuple[str, ...] = ()


def find_unit(instance: str, path: Sequence[str] = UNIT_PATH) -> Unit | None:
    """Return the unit of an instance; None where there is none, or it cannot be read."""
    name, template = f"wsgid@{instance}.service", "wsgid@.service"
    found = next(
        (file for one in (name, template) for directory in path if (file := Path(directory, one)).exists()),
        None,
    )
    if found is None:
        return None
    try:
        texts = [file.read_text(encoding="utf-8") for file in (found, *_drop_ins((name, template), path))]
    except (OSError, UnicodeDecodeError):
        return None
    if not texts[0].strip():
        return None  # masked
    unit = read_unit(name, instance, texts)
    # Enabled; what such a link leads to need not be visible from here.
    links = [f"{directory}/sockets.target.wants/wsgid@{instance}.socket" for directory in path]
    return replace(unit, is_passed_sockets=unit.is_passed_sockets or any(map(os.path.lexists, links)))


def read_unit(name: str, instance: str, texts: Iterable[str]) -> Unit:
    """Read a unit's file and its drop-ins, in the order in which systemd would."""
    values: dict[str, list[str]] = {}
    for key, value in _assignments(texts):
        if value:
            values.setdefault(key, []).append(_specifiers(value, name, instance))
        else:
            values[key] = []  # an empty one takes back what was said
    last = {key: given[-1] for key, given in values.items() if given}
    capabilities = " ".join(values.get("AmbientCapabilities", []))
    return Unit(
        name=name,
        user=last.get("User", ""),
        group=last.get("Group", ""),
        supplementary_groups=tuple(_words(values, "SupplementaryGroups")),
        is_dynamic=last.get("DynamicUser", "no").lower() in ("1", "yes", "true", "on"),
        working_directory=last.get("WorkingDirectory", "/").lstrip("-").replace("~", "/") or "/",
        directories=tuple(
            f"{parent}/{word.partition(':')[0]}"
            for key, parent in _MADE.items()
            for word in _words(values, key)
        ),
        may_bind_low_ports="CAP_NET_BIND_SERVICE" in capabilities and not capabilities.startswith("~"),
        is_passed_sockets=bool(last.get("Sockets")),
        variables=tuple(
            match[1]
            for given in values.get("Environment", [])
            for match in re.finditer(r"(?:^|[\s\"'])([A-Za-z_]\w*)=", given)
        ),
        environment_files=tuple(value.lstrip("-") for value in values.get("EnvironmentFile", [])),
    )


def _drop_ins(names: Sequence[str], path: Sequence[str]) -> list[Path]:
    """Return the drop-ins, sorted by basename; of two with one name the nearer to the instance counts."""
    found: dict[str, Path] = {}
    for name in names:
        for directory in path:
            folder = Path(directory, f"{name}.d")
            if not folder.is_dir():
                continue
            for file in sorted(os.listdir(folder)):  # noqa: PTH208  names are what is decided on
                if file.endswith(".conf"):
                    found.setdefault(file, folder / file)
    return [found[name] for name in sorted(found)]


def _assignments(texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield what stands in [Service]; a backslash at a line's end joins the next (systemd.syntax(7))."""
    for text in texts:
        section = ""
        for line in text.replace("\\\n", " ").splitlines():
            line = line.strip()  # noqa: PLW2901  the same line
            if not line or line.startswith(("#", ";")):
                continue
            if line.startswith("["):
                section = line.strip("[]")
                continue
            key, equals, value = line.partition("=")
            if equals and section == "Service":
                yield key.strip(), value.strip()


def _specifiers(value: str, name: str, instance: str) -> str:
    known = {
        "i": instance,
        "I": instance.replace("-", "/"),
        "n": name,
        "N": name.removesuffix(".service"),
        "p": "wsgid",
        "t": "/run",
        "S": "/var/lib",
        "C": "/var/cache",
        "L": "/var/log",
        "E": "/etc",
        "%": "%",
    }
    return re.sub(r"%(.)", lambda match: known.get(match[1], match[0]), value)


def _words(values: dict[str, list[str]], key: str) -> list[str]:
    return [word for given in values.get(key, []) for word in given.split()]
