"""Who will serve: the setting `user`, the unit's User=, or whoever we are."""

from __future__ import annotations

import grp
import os
import pwd
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wsgid.cli.check.finding import Finding
from wsgid.config.diagnostics import did_you_mean
from wsgid.daemon.identity import (
    Identity,
    UnknownAccountError,
    group_number,
    look_up,
    user_name,
    user_number,
)
from wsgid.errors import ConfigurationError

if TYPE_CHECKING:
    from wsgid.cli.check.unit import Unit


@dataclass(frozen=True, slots=True)
class Player:
    """A user to become. `because` says who wants it so; `home` is set where systemd would set HOME=."""

    identity: Identity
    because: str
    home: str = ""

    def become(self) -> None:
        """Give up what we are for good; root alone can."""
        self.identity.become()
        if self.home:
            name = self.identity.name
            os.environ.update(HOME=self.home, USER=name, LOGNAME=name)


@dataclass(frozen=True, slots=True)
class Cast:
    """Who does what. None: the user that checks.

    The arbiter binds, and opens logs and pidfile; workers import the application. `why_no_import` says why
    nobody is to import it here.
    """

    arbiter: Player | None = None
    worker: Player | None = None
    why_no_import: str = ""
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()


def cast(
    user: str | int | None,
    group: str | int | None,
    unit: Unit | None,
    *,
    initgroups: bool = False,
    uid: int | None = None,
) -> Cast:
    """Decide who serves; `user`, `group` and `initgroups` are the settings, `uid` is ours."""
    uid = os.geteuid() if uid is None else uid
    findings: list[Finding] = []
    wanted = None
    try:
        wanted = of_settings(user, group, initgroups=initgroups)
    except ConfigurationError as error:
        findings.append(_finding(error))
    if uid != 0:
        return _as_we_are(wanted, unit, uid, findings)
    arbiter = None
    if unit is not None and unit.is_dynamic:
        why = f"{unit.name} has DynamicUser=, and that user is there only while it runs"
        return Cast(why_no_import=why, findings=tuple(findings))
    if unit is not None and unit.user not in ("", "root", "0"):
        try:
            arbiter = of_unit(unit)
        except UnknownAccountError as error:
            message, meant = why_unknown(error)
            finding = Finding("invalid-value", f"{unit.name} cannot start: {message}", note=meant)
            return Cast(why_no_import=message, findings=(*findings, finding))
        if wanted is not None and wanted.identity.uid != arbiter.identity.uid:
            name = arbiter.identity.name
            message = f"`user` cannot be kept: {unit.name} runs as {name}, and only root can change"
            findings.append(Finding("conflict", message, "user" if user is not None else "group"))
            wanted = None
    worker = wanted or arbiter
    if findings:
        return Cast(arbiter, worker, "who will serve is not known", tuple(findings))
    if worker is None or worker.identity.uid == 0:
        return Cast(arbiter, worker, _ROOT)
    return Cast(arbiter, worker, notes=(f"checked as {worker.identity.name} ({worker.because})",))


_ROOT = (
    "an import as root leaves root's files behind; set `user`, name an --instance whose unit has User=, "
    "or check as the user that will serve"
)


def _as_we_are(wanted: Player | None, unit: Unit | None, uid: int, findings: list[Finding]) -> Cast:
    ours = user_name(uid)
    notes: tuple[str, ...] = ()
    if wanted is not None and wanted.identity.uid != uid:
        name = wanted.identity.name
        message = f"`user` cannot be kept: only root can become {name}, and this is {ours}"
        findings.append(Finding("conflict", message, "user", None, f"checked as {ours}", "warning"))
    elif unit is not None and unit.user and unit.user not in (ours, str(uid)):
        notes = (f"checked as {ours}; {unit.name} runs as {unit.user}",)
    return Cast(findings=tuple(findings), notes=notes)


def of_settings(
    user: str | int | None, group: str | int | None, *, initgroups: bool = False
) -> Player | None:
    """Return whom the settings `user` and `group` mean; raises ConfigurationError."""
    identity = look_up(user, group, initgroups=initgroups)
    return Player(identity, "the setting `user`") if identity is not None else None


def of_unit(unit: Unit) -> Player:
    """Return whom systemd would make of us; raises UnknownAccountError."""
    uid = user_number("User=", _number_or_name(unit.user))
    gid = group_number("Group=", _number_or_name(unit.group)) if unit.group else None
    home = "/"
    try:
        home = pwd.getpwuid(uid).pw_dir
    except KeyError:
        # A number without a name has no group of its own, and keeps that of the service manager.
        gid = os.getegid() if gid is None else gid
    identity = look_up(uid, gid, initgroups=True)
    assert identity is not None
    more = [group_number("SupplementaryGroups=", _number_or_name(name)) for name in unit.supplementary_groups]
    groups = tuple(dict.fromkeys([*identity.groups, *more]))
    return Player(identity._replace(groups=groups), f"User= of {unit.name}", home)


def _number_or_name(text: str) -> int | str:
    return int(text) if text.isdigit() else text


def why_unknown(error: UnknownAccountError) -> tuple[str, str]:
    """Return what is wrong with the name of an account, and what may have been meant."""
    known = (
        [entry.pw_name for entry in pwd.getpwall()]
        if error.kind == "user"
        else [entry.gr_name for entry in grp.getgrall()]
    )
    return f"there is no {error.kind} `{error.name}` on this machine", did_you_mean(error.name, known)


def _finding(error: ConfigurationError) -> Finding:
    """Return what keeps the settings `user` and `group` from meaning somebody."""
    if isinstance(error, UnknownAccountError):
        message, note = why_unknown(error)
        return Finding("invalid-value", message, error.kind, None, note)
    message, _, note = str(error).removeprefix("user: ").partition(": ")
    return Finding("invalid-value", message, "user", None, note)
