"""Who serves, decided on settings, unit and who we are."""

from __future__ import annotations

import pytest

from wsgid.cli.check.identity import cast
from wsgid.cli.check.unit import Unit

NOBODY = 65534


def unit(user: str = "nobody", **more: object) -> Unit:
    return Unit("wsgid@shop.service", user, **more)  # type: ignore[arg-type]


def test_root_becomes_the_user_of_the_settings_for_workers_alone() -> None:
    made = cast("nobody", None, None, uid=0)

    assert made.arbiter is None
    assert made.worker is not None
    assert (NOBODY, "") == (made.worker.identity.uid, made.why_no_import)


def test_root_becomes_the_user_of_the_unit_for_all() -> None:
    made = cast(None, None, unit(group="daemon"), uid=0)

    assert made.arbiter == made.worker
    assert made.worker is not None
    identity = made.worker.identity
    assert (NOBODY, 1, "/nonexistent") == (identity.uid, identity.gid, made.worker.home)


@pytest.mark.parametrize("one", [None, unit(""), unit("root")])
def test_root_imports_nothing_as_root(one: Unit | None) -> None:
    assert "root's files" in cast(None, None, one, uid=0).why_no_import


def test_nobody_can_be_a_user_that_is_made_at_the_start() -> None:
    assert "DynamicUser=" in cast(None, None, unit(is_dynamic=True), uid=0).why_no_import


def test_a_unit_without_root_cannot_keep_another_user() -> None:
    (finding,) = cast("daemon", None, unit(), uid=0).findings

    assert ("error", "user") == (finding.severity, finding.setting)
    assert "wsgid@shop.service runs as nobody, and only root can change" in finding.message


def test_who_is_not_root_stays_and_says_so() -> None:
    (finding,) = cast("daemon", None, None, uid=NOBODY).findings

    assert "warning" == finding.severity
    assert ("checked as nobody; wsgid@shop.service runs as daemon",) == cast(
        None, None, unit("daemon"), uid=NOBODY
    ).notes
    assert () == cast("nobody", None, unit(), uid=NOBODY).findings


@pytest.mark.parametrize(
    ("user", "group", "message", "note"),
    [
        ("nobdy", None, "there is no user `nobdy` on this machine", "did you mean `nobody`?"),
        ("nobody", "no-such", "there is no group `no-such` on this machine", ""),
    ],
)
def test_an_account_that_is_not_there_is_a_mistake(
    user: str, group: str | None, message: str, note: str
) -> None:
    made = cast(user, group, None, uid=0)

    (finding,) = made.findings
    assert (message, note) == (finding.message, finding.note)
    assert made.why_no_import


def test_numbers_need_no_name() -> None:
    for made in (cast(54321, 54322, None, uid=0), cast(None, None, unit("54321", group="54322"), uid=0)):
        assert made.worker is not None
        identity = made.worker.identity
        assert (54321, 54322, "54321") == (identity.uid, identity.gid, identity.name)


def test_a_number_without_a_name_has_no_group_that_a_setting_could_mean() -> None:
    (finding,) = cast(54321, None, None, uid=0).findings

    assert ("user", "54321 has no name on this machine, and so no group") == (
        finding.setting,
        finding.message,
    )
    assert "set `group`, too" == finding.note
    assert cast(None, None, unit("54321"), uid=0).worker is not None


def test_a_unit_whose_user_is_not_there_cannot_start() -> None:
    (finding,) = cast(None, None, unit("nobdy"), uid=0).findings

    assert "wsgid@shop.service cannot start: there is no user `nobdy` on this machine" == finding.message
    assert "did you mean `nobody`?" == finding.note
