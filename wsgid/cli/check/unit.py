"""What systemd would make of an instance: wsgid@NAME.service and its drop-ins, read from their files.

Files rather than `systemctl show`: they can be read by everybody, and where systemd does not run.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from math import inf
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
# systemd.time(7), those that a stop may be measured in.
_UNITS = {
    name: factor
    for names, factor in (
        ("us usec", 1e-6),
        ("ms msec", 1e-3),
        ("s sec second seconds", 1.0),
        ("m min minute minutes", 60.0),
        ("h hr hour hours", 3600.0),
        ("d day days", 86400.0),
    )
    for name in names.split()
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
    type: str = "simple"
    hears_us: bool = False
    """It may be asked for more time (sd_notify(3))."""
    timeout_stop_s: float = 90.0
    protect_system: str = ""
    """"yes", "full" or "strict"; "" where nothing of it is protected."""
    protect_home: str = ""
    """"yes", "read-only" or "tmpfs"; "" where none are protected."""
    has_private_tmp: bool = False
    writable: tuple[str, ...] = ()
    """Paths that are writable whatever else is protected (ReadWritePaths=)."""
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
    kind = last.get("Type", "simple")
    is_dynamic = _is_yes(last.get("DynamicUser", ""))
    return Unit(
        name=name,
        user=last.get("User", ""),
        group=last.get("Group", ""),
        supplementary_groups=tuple(_words(values, "SupplementaryGroups")),
        is_dynamic=is_dynamic,
        working_directory=last.get("WorkingDirectory", "/").lstrip("-").replace("~", "/") or "/",
        directories=tuple(
            f"{parent}/{word.partition(':')[0]}"
            for key, parent in _MADE.items()
            for word in _words(values, key)
        ),
        may_bind_low_ports=_has_capability(values, "AmbientCapabilities", default=False)
        and _has_capability(values, "CapabilityBoundingSet", default=True),
        type=kind,
        hears_us=kind.startswith("notify") or last.get("NotifyAccess", "none") != "none",
        timeout_stop_s=seconds(last.get("TimeoutStopSec", last.get("TimeoutSec", ""))),
        # DynamicUser= brings along what keeps its files together: ProtectSystem=strict and others.
        protect_system="strict" if is_dynamic else _word(last.get("ProtectSystem", "")),
        protect_home=_word(last.get("ProtectHome", "")) or ("read-only" if is_dynamic else ""),
        has_private_tmp=is_dynamic or _is_yes(last.get("PrivateTmp", "")),
        writable=tuple(word.lstrip("-+") for word in _words(values, "ReadWritePaths")),
        is_passed_sockets=bool(last.get("Sockets")),
        variables=tuple(
            match[1]
            for given in values.get("Environment", [])
            for match in re.finditer(r"(?:^|[\s\"'])([A-Za-z_]\w*)=", given)
        ),
        environment_files=tuple(value.lstrip("-") for value in values.get("EnvironmentFile", [])),
    )


def seconds(text: str, default: float = 90.0) -> float:
    """Read a time span (systemd.time(7)); what cannot be read is systemd's default, as is nothing."""
    if text.strip() == "infinity":
        return inf
    parts = re.findall(r"([\d.]+)\s*([a-z]*)", text)
    try:
        return sum(float(number) * _UNITS[unit or "s"] for number, unit in parts) if parts else default
    except (KeyError, ValueError):
        return default


def _is_yes(text: str) -> bool:
    return text.lower() in ("1", "yes", "y", "true", "t", "on")


def _word(text: str) -> str:
    """Return a word that may be a boolean, too: "" for no."""
    if _is_yes(text):
        return "yes"
    return "" if text.lower() in ("", "0", "no", "n", "false", "f", "off") else text


def _has_capability(values: dict[str, list[str]], key: str, *, default: bool) -> bool:
    """Say whether a set of capabilities has the one for low ports; `default` is for one that is not given."""
    if key not in values:
        return default
    words = " ".join(values[key])
    is_named = "CAP_NET_BIND_SERVICE" in words
    return not is_named if words.startswith("~") else is_named  # ~ takes away from all


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
