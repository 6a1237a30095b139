"""Which templates are loaded, ended, and waited for: with lists and numbers."""

from __future__ import annotations

from math import inf
from typing import Any

from wsgid.arbiter.plan import LAST_WORDS_S, Abort, Kill, Spawn, Wanted, Why, plan
from wsgid.arbiter.template_plan import (
    HUNG_S,
    Dismiss,
    Load,
    Template,
    TemplateAction,
    forgive,
    next_template_deadline,
    plan_templates,
    unready,
)

NOW = 1000.0
WANTED = Wanted(workers=2, generation=1)


def loading(generation: int = 1, **fields: Any) -> Template:
    """A template whose pid is 100 more than its generation; just forked."""
    return Template(**{"pid": 100 + generation, "generation": generation, "since": NOW, **fields})


def ready(generation: int = 1, **fields: Any) -> Template:
    return loading(generation, **{"ready_at": NOW, **fields})


def actions(
    *templates: Template, wanted: Wanted = WANTED, preloading: frozenset[int] = frozenset({1})
) -> list[TemplateAction]:
    return list(plan_templates(wanted, preloading, templates, NOW))


def test_a_generation_with_preload_gets_one_template() -> None:
    assert [Load(1)] == actions()
    assert [] == actions(loading())
    assert [] == actions(ready())


def test_one_without_gets_none() -> None:
    assert [] == actions(preloading=frozenset())


def test_a_candidate_gets_its_own_beside_the_one_that_serves() -> None:
    wanted = Wanted(workers=2, generation=1, candidate=2)

    assert [Load(2)] == actions(ready(1), wanted=wanted, preloading=frozenset({1, 2}))


def test_a_candidate_whose_template_failed_gets_no_second() -> None:
    """Its failure refuses the reload; until that is known, it is not tried again."""
    wanted = Wanted(workers=2, generation=1, candidate=2)
    doomed = loading(2, aborted_at=NOW, is_doomed=True)

    assert [] == actions(ready(1), doomed, wanted=wanted, preloading=frozenset({1, 2}))


def test_a_candidate_does_not_wait_for_the_failures_of_others() -> None:
    wanted = Wanted(workers=2, generation=1, candidate=2, spawn_at=NOW + 5)

    assert [Load(2)] == actions(wanted=wanted, preloading=frozenset({1, 2}))


def test_the_template_of_a_generation_that_is_gone_is_dismissed_once() -> None:
    assert [Dismiss(101)] == actions(ready(1), ready(2), preloading=frozenset({2}))
    assert [] == actions(ready(1, is_doomed=True), ready(2), preloading=frozenset({2}))


def test_what_has_died_is_followed_when_failures_have_been_waited_for() -> None:
    assert [] == actions(wanted=Wanted(workers=2, generation=1, spawn_at=NOW + 1))
    assert [Load(1)] == actions(wanted=Wanted(workers=2, generation=1, spawn_at=NOW))


def test_nothing_is_loaded_for_a_server_without_workers_but_what_is_there_is_kept() -> None:
    """SIGWINCH, or an application whose mending is waited for."""
    wanted = Wanted(workers=0, generation=1)

    assert [] == actions(wanted=wanted)
    assert [] == actions(ready(), wanted=wanted)


def test_a_late_one_writes_where_it_is_then_is_killed() -> None:
    late = loading(since=NOW - 60)

    # Its end is a failure, after which the next one waits.
    assert [Abort(101, Why.LATE, 60.0)] == actions(late)
    assert [] == actions(loading(since=NOW - 60, aborted_at=NOW))
    aborted = loading(since=NOW - 61, aborted_at=NOW - LAST_WORDS_S)
    assert [Kill(101, Why.LAST_WORDS, LAST_WORDS_S)] == actions(aborted)


def test_a_late_candidate_has_its_last_words_though_the_reload_is_refused() -> None:
    aborted = loading(2, since=NOW - 60, aborted_at=NOW - LAST_WORDS_S / 2)

    assert [] == actions(ready(1), aborted)


def test_a_candidate_has_as_long_as_its_own_settings_say() -> None:
    trying = ready(1), loading(2, since=NOW - 60)
    patient = Wanted(workers=2, generation=1, candidate=2, candidate_boot=90.0)
    hasty = Wanted(workers=2, generation=1, candidate=2, candidate_boot=60.0, boot=90.0)

    assert Abort(102, Why.LATE, 60.0) not in actions(*trying, wanted=patient)
    assert Abort(102, Why.LATE, 60.0) in actions(*trying, wanted=hasty)


def test_without_boot_timeout_nothing_is_late() -> None:
    assert [] == actions(loading(since=0.0), wanted=Wanted(workers=2, generation=1, boot=0.0))


def test_one_that_forks_nobody_is_replaced() -> None:
    assert [] == actions(ready(asked_at=NOW - HUNG_S / 2))
    assert [Abort(101, Why.HUNG, HUNG_S), Load(1)] == actions(ready(asked_at=NOW - HUNG_S))


def test_when_to_look_again() -> None:
    preloading = frozenset({1})

    def deadline(*templates: Template, wanted: Wanted = WANTED) -> float:
        return next_template_deadline(wanted, preloading, templates, NOW)

    assert inf == deadline(ready())
    assert NOW + 60 == deadline(loading())
    assert NOW + 7 - HUNG_S + HUNG_S == deadline(ready(asked_at=NOW + 7 - HUNG_S))
    assert NOW + LAST_WORDS_S == deadline(loading(aborted_at=NOW))
    assert inf == deadline(loading(aborted_at=NOW, is_doomed=True))
    assert NOW + 3 == deadline(wanted=Wanted(workers=2, generation=1, spawn_at=NOW + 3))


def test_nobody_is_judged_by_a_time_in_which_the_arbiter_was_away() -> None:
    assert [] == actions(forgive(loading(since=0.0), NOW))
    assert [] == actions(forgive(ready(asked_at=0.0), NOW))
    assert inf == forgive(ready(), NOW).asked_at


def test_who_can_have_a_worker_now() -> None:
    preloading = frozenset({1, 2})

    assert {1, 2} == unready(preloading, [])
    assert {1, 2} == unready(preloading, [loading(1), ready(2, asked_at=NOW)])
    assert {1} == unready(preloading, [ready(1, aborted_at=NOW), ready(2)])
    assert set() == unready(frozenset(), [loading(3)])


def test_no_worker_is_spawned_before_its_template_is_ready() -> None:
    wanted = Wanted(workers=2, generation=1, unready=frozenset({1}))

    assert [] == plan(wanted, [], NOW)


def test_a_candidate_waits_for_its_template_and_the_others_go_on() -> None:
    wanted = Wanted(workers=1, generation=1, candidate=2, unready=frozenset({2}))

    assert [Spawn(0, 1)] == plan(wanted, [], NOW)


def test_a_slot_is_taken_as_soon_as_a_worker_was_asked_for() -> None:
    wanted = Wanted(workers=1, generation=1, reserved=frozenset({0, 1}))

    assert [Spawn(2, 1)] == plan(wanted, [], NOW)
