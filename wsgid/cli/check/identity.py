"""Who will serve: the setting `user`, the unit's User=, or whoever we are."""

from __future__ import annotations

import grp
import os
import pwd
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wsgid.cli.check.finding import Finding
from wsgid.config.diagnostics import did_you_mean

if TYPE_CHECKING:
    from wsgid.cli.check.unit import Unit


@dataclass(frozen=True, slots=True)
class Identity:
    """A user to become. `because` says who wants it so; `home` is set where systemd would set HOME=."""

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...]
    because: str
    home: str = ""

    def become(self) -> None:
        """Give up what we are for good; root alone can."""
        os.setgroups(self.groups)
        os.setresgid(self.gid, self.gid, self.gid)
        os.setresuid(self.uid, self.uid, self.uid)
        if self.home:
            os.environ.update(HOME=self.home, USER=self.name, LOGNAME=self.name)


@dataclass(frozen=True, slots=True)
class Cast:
    """Who does what. None: the user that checks.

    The arbiter binds, and opens logs and pidfile; workers import the application. `why_no_import` says why
    nobody is to import it here.
    """

    arbiter: Identity | None = None
    worker: Identity | None = None
    why_no_import: str = ""
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()


class UnknownAccountError(Exception):
    """There is no such user or group."""


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
    except UnknownAccountError as error:
        findings.append(_unknown("user" if str(error).startswith("there is no user") else "group", error))
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
            message = f"{unit.name} cannot start: {error}"
            return Cast(why_no_import=str(error), findings=(*findings, Finding("invalid-value", message)))
        if wanted is not None and wanted.uid != arbiter.uid:
            message = f"`user` cannot be kept: {unit.name} runs as {arbiter.name}, and only root can change"
            findings.append(Finding("conflict", message, "user" if user is not None else "group"))
            wanted = None
    worker = wanted or arbiter
    if findings:
        return Cast(arbiter, worker, "who will serve is not known", tuple(findings))
    if worker is None or worker.uid == 0:
        return Cast(arbiter, worker, _ROOT)
    return Cast(arbiter, worker, notes=(f"checked as {worker.name} ({worker.because})",))


_ROOT = (
    "an import as root leaves root's files behind; set `user`, name an --instance whose unit has User=, "
    "or check as the user that will serve"
)


def _as_we_are(wanted: Identity | None, unit: Unit | None, uid: int, findings: list[Finding]) -> Cast:
    notes: tuple[str, ...] = ()
    if wanted is not None and wanted.uid != uid:
        message = f"`user` cannot be kept: only root can become {wanted.name}, and this is {name_of(uid)}"
        note = f"checked as {name_of(uid)}"
        findings.append(Finding("conflict", message, "user", None, note, "warning"))
    elif unit is not None and unit.user and unit.user not in (name_of(uid), str(uid)):
        notes = (f"checked as {name_of(uid)}; {unit.name} runs as {unit.user}",)
    return Cast(findings=tuple(findings), notes=notes)


def of_settings(
    user: str | int | None, group: str | int | None, *, initgroups: bool = False
) -> Identity | None:
    """Return whom the settings `user` and `group` mean; raises UnknownAccountError."""
    if user is None and group is None:
        return None
    entry = _user(os.geteuid() if user is None else user)
    if group is None and isinstance(user, int) and entry.pw_name == str(user):
        raise UnknownAccountError(
            f"user {user} has no name on this machine, and so no group; set `group`, too"
        )
    gid = _gid(group) if group is not None else entry.pw_gid
    groups = os.getgrouplist(entry.pw_name, gid) if initgroups else [gid]
    return Identity(entry.pw_name, entry.pw_uid, gid, tuple(groups), "the setting `user`")


def of_unit(unit: Unit) -> Identity:
    """Return whom systemd would make of us; raises UnknownAccountError."""
    entry = _user(int(unit.user) if unit.user.isdigit() else unit.user)
    gid = _gid(unit.group) if unit.group else entry.pw_gid
    more = [_gid(name) for name in unit.supplementary_groups]
    groups = dict.fromkeys([*os.getgrouplist(entry.pw_name, gid), *more])
    return Identity(entry.pw_name, entry.pw_uid, gid, tuple(groups), f"User= of {unit.name}", entry.pw_dir)


def name_of(uid: int) -> str:
    """Return the name of a user, or its number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def group_name(gid: int) -> str:
    """Return the name of a group, or its number where it has none."""
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def uid_of(user: str | int) -> int:
    """Return the number of a user; raises UnknownAccountError."""
    return _user(user).pw_uid


def gid_of(group: str | int) -> int:
    """Return the number of a group; raises UnknownAccountError."""
    return _gid(group)


def _user(user: str | int) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(user) if isinstance(user, str) else pwd.getpwuid(user)
    except KeyError:
        if isinstance(user, int):
            # The kernel wants no name; the group of one that has none is told by `group`.
            return pwd.struct_passwd((str(user), "", user, os.getegid(), "", "/", ""))
        meant = did_you_mean(user, [entry.pw_name for entry in pwd.getpwall()])
        raise UnknownAccountError(f"there is no user `{user}` on this machine{_also(meant)}") from None


def _gid(group: str | int) -> int:
    if isinstance(group, int) or group.isdigit():
        return int(group)
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        meant = did_you_mean(group, [entry.gr_name for entry in grp.getgrall()])
        raise UnknownAccountError(f"there is no group `{group}` on this machine{_also(meant)}") from None


def _also(meant: str) -> str:
    return f"; {meant}" if meant else ""


def _unknown(setting: str, error: UnknownAccountError) -> Finding:
    message, _, note = str(error).partition("; ")
    return Finding("invalid-value", message, setting, None, note)
