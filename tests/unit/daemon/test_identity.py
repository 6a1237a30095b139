"""Whom `user` and `group` mean, and who may become it."""

from __future__ import annotations

import errno
import os
import pwd

import pytest

from wsgid.daemon.identity import Identity, find_identity
from wsgid.errors import ConfigurationError

NOBODY = pwd.getpwnam("nobody")
NAMELESS = 4_000_000


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "getegid", lambda: 0)


@pytest.fixture
def somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: NOBODY.pw_uid)
    monkeypatch.setattr(os, "getegid", lambda: NOBODY.pw_gid)


def test_nothing_asked_is_nobody_to_become() -> None:
    assert find_identity(None, None, initgroups=True) is None


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("user", ["nobody", NOBODY.pw_uid])
def test_a_user_comes_with_its_own_group_and_no_other(user: str | int) -> None:
    """With gunicorn, workers keep root's group, and all others that root is in."""
    expected = Identity("nobody", NOBODY.pw_uid, NOBODY.pw_gid, (NOBODY.pw_gid,))

    assert expected == find_identity(user, None, initgroups=False)


@pytest.mark.usefixtures("root")
def test_initgroups_gives_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getgrouplist", lambda _, gid: [gid, 50, 60])
    identity = find_identity("nobody", 7, initgroups=True)

    assert identity is not None
    assert (7, (7, 50, 60)) == (identity.gid, identity.groups)


@pytest.mark.usefixtures("root")
def test_a_group_alone_leaves_the_user() -> None:
    assert Identity("root", 0, NOBODY.pw_gid, (NOBODY.pw_gid,)) == find_identity(
        None, NOBODY.pw_gid, initgroups=False
    )


@pytest.mark.usefixtures("root")
def test_a_number_without_a_name_needs_a_group() -> None:
    """The alternative would be root's."""
    with pytest.raises(ConfigurationError, match=rf"user: {NAMELESS} has no name .* set `group`, too"):
        find_identity(NAMELESS, None, initgroups=False)

    assert Identity(str(NAMELESS), NAMELESS, 12, (12,)) == find_identity(NAMELESS, 12, initgroups=False)


@pytest.mark.parametrize(
    ("user", "group", "message"),
    [
        ("no-such-user", None, "user: there is no user `no-such-user`"),
        (None, "no-such-group", "group: there is no group `no-such-group`"),
    ],
)
def test_an_unknown_name_is_named(user: str | None, group: str | None, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        find_identity(user, group, initgroups=False)


@pytest.mark.usefixtures("somebody")
def test_who_is_it_already_becomes_nobody() -> None:
    """One file serves where systemd has changed the user, and where root starts."""
    assert find_identity("nobody", None, initgroups=True) is None
    assert find_identity("nobody", NOBODY.pw_gid, initgroups=False) is None


@pytest.mark.usefixtures("somebody")
def test_only_root_becomes_another() -> None:
    with pytest.raises(ConfigurationError, match=r"user: only root can become root .* and this is nobody"):
        find_identity("root", None, initgroups=False)


def test_what_the_kernel_refuses_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container without CAP_SETGID, or where the number is not mapped."""

    def refuse(_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "setgroups", refuse)
    with pytest.raises(ConfigurationError, match=r"user: cannot become x \(uid=1 gid=1\): Operation not"):
        Identity("x", 1, 1, (1,)).become()
