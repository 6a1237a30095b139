"""What a unit would not let a configuration do: what it hides, makes read-only, or does not wait for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from wsgid.cli.check.files import is_made
from wsgid.cli.check.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wsgid.cli.check.unit import Unit
    from wsgid.config.settings import Settings

# systemd.exec(5), ProtectSystem=: what is read-only by which word; "strict" makes all so but these.
_READ_ONLY = {
    "yes": ("/usr", "/boot", "/efi"),
    "full": ("/usr", "/boot", "/efi", "/etc"),
    "strict": ("/",),
}
_NOT_OF_STRICT = ("/dev", "/proc", "/sys")
_HOMES = ("/home", "/root", "/run/user")
_TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108  compared, not used

_WRITTEN = ("pidfile", "accesslog", "errorlog", "control_socket", "tmp_upload_dir")
_READ = ("chdir", "virtualenv")


def look_at_unit(settings: Settings, unit: Unit, start: str) -> Iterator[Finding]:
    """Compare the settings with the unit that runs them; `start` is its start directory."""
    if settings.daemon and unit.type != "forking":
        message = f"`daemon` under {unit.name}: systemd would take the server for ended"
        yield Finding("conflict", message, "daemon", None, "leave it out")
    # One that listens to us is asked for more time while requests are finished.
    if unit.timeout_stop_s < settings.graceful_timeout and not unit.hears_us:
        message = (
            f"TimeoutStopSec= of {unit.name} is {unit.timeout_stop_s:g} s, less than graceful_timeout, "
            f"{settings.graceful_timeout:g} s: systemd would kill workers that finish their requests"
        )
        note = "raise TimeoutStopSec=, or have Type=notify, which is asked for more time"
        yield Finding("conflict", message, "graceful_timeout", None, note, "warning")
    for name in _READ:
        if path := getattr(settings, name):
            yield from _hidden(name, None, Path(start, path), unit)
    for index, path in enumerate(settings.pythonpath):
        yield from _hidden("pythonpath", index, Path(settings.chdir or start, path), unit)
    for name in _WRITTEN:
        path = getattr(settings, name)
        if path and path != "-" and not path.startswith(("/dev/", "/proc/")):
            yield from _closed(name, None, Path(start, path), unit)
    for index, address in enumerate(settings.bind):
        path = address.removeprefix("unix:")
        if path == address or path.startswith("@"):
            continue
        whole = Path(os.path.normpath(Path(start, path)))
        yield from _closed("bind", index, whole, unit)
        if unit.has_private_tmp and _is_below(whole, _TEMPORARY):
            message = f"{unit.name} has PrivateTmp=: nobody else sees `{whole}`"
            note = f"put it in {_runtime(unit)}"
            yield Finding("cannot-bind", message, "bind", index, note)


def notes_of_unit(settings: Settings, unit: Unit) -> Iterator[str]:
    """Say what is no mistake, and worth knowing."""
    if unit.hears_us and unit.timeout_stop_s < settings.graceful_timeout:
        yield (
            f"TimeoutStopSec= of {unit.name}, {unit.timeout_stop_s:g} s, is less than graceful_timeout, "
            f"{settings.graceful_timeout:g} s: a stop that takes longer asks systemd for more time"
        )


def _hidden(name: str, item: int | None, path: Path, unit: Unit) -> Iterator[Finding]:
    """Yield a mistake for what the service will not find."""
    where = Path(os.path.normpath(path))
    if unit.protect_home in ("yes", "tmpfs") and _is_below(where, _HOMES):
        message = f"{unit.name} has ProtectHome={unit.protect_home}: `{where}` is hidden from it"
        yield Finding("invalid-value", message, name, item, "move it, or set ProtectHome=read-only")
    elif unit.has_private_tmp and _is_below(where, _TEMPORARY):
        message = f"{unit.name} has PrivateTmp=: `{where}` is hidden from it"
        yield Finding("invalid-value", message, name, item, "move it, to /srv for example")


def _closed(name: str, item: int | None, path: Path, unit: Unit) -> Iterator[Finding]:
    """Yield a mistake for what the service may not write."""
    where = Path(os.path.normpath(path))
    if is_made(where.parent, unit.directories) or _is_below(where, unit.writable):
        return
    reason = ""
    if unit.protect_home and _is_below(where, _HOMES):
        reason = f"ProtectHome={unit.protect_home}"
    elif _is_below(where, _READ_ONLY.get(unit.protect_system, ())) and not (
        unit.protect_system == "strict"
        and (_is_below(where, _NOT_OF_STRICT) or (unit.has_private_tmp and _is_below(where, _TEMPORARY)))
    ):
        reason = f"ProtectSystem={unit.protect_system}"
    if reason:
        message = f"{unit.name} has {reason}: it cannot write `{where}`"
        note = f"write in {_runtime(unit)}, or add ReadWritePaths={where.parent}"
        yield Finding("invalid-value", message, name, item, note)


def _runtime(unit: Unit) -> str:
    return unit.directories[0] if unit.directories else "a directory of RuntimeDirectory="


def _is_below(path: Path, directories: tuple[str, ...]) -> bool:
    return any(path == one or one in path.parents for one in map(Path, directories))
