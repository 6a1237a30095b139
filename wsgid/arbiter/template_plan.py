"""Which templates are to be loaded and which to be ended (preload_app): pure, like `plan.py`.

A template is the process that holds a generation's application and forks its workers.
"""

# The rules, in this order:
# 1. What is late (boot_timeout) or hangs, so that no worker it was asked for is born, is sent SIGABRT, so
#    that it can write where it is, and SIGKILL a second later.
# 2. Whose generation is neither wanted nor tried is ended: nobody is served by it.
# 3. A generation that is to have one and has none that lives gets one. What died is followed at once, what
#    keeps failing later and later (backoff.py); that of a candidate is not followed, its end is its outcome.

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Final, NamedTuple

from wsgid.arbiter.plan import LAST_WORDS_S, Abort, Kill, Why

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wsgid.arbiter.plan import Wanted

# A fork of a process of some gigabytes takes a tenth of a second, and a machine may be busy.
HUNG_S: Final = 10.0


class Template(NamedTuple):
    """What is known of one; replaced, never mutated. Times are `time.monotonic()`."""

    pid: int
    generation: int
    since: float
    """When it was forked, or last was forgiven (`forgive`)."""
    ready_at: float | None = None
    """When it had loaded the application."""
    asked_at: float = inf
    """Since when it owes a worker."""
    aborted_at: float = inf
    """When it was sent SIGABRT."""
    is_doomed: bool = False
    """It was sent SIGKILL; there is nothing more to be done."""

    @property
    def lives(self) -> bool:
        return not self.is_doomed and self.aborted_at == inf

    @property
    def is_ready(self) -> bool:
        return self.lives and self.ready_at is not None


@dataclass(frozen=True, slots=True)
class Load:
    """Start a template for this generation."""

    generation: int


@dataclass(frozen=True, slots=True)
class Dismiss:
    """End a template that is needed no longer."""

    pid: int


TemplateAction = Load | Dismiss | Abort | Kill


def plan_templates(
    wanted: Wanted, preloading: frozenset[int], templates: Sequence[Template], now: float
) -> Iterator[TemplateAction]:
    """Yield what is to be done now; `preloading` are the generations that are to have a template."""
    for template in templates:
        deadline = _deadline(wanted, template)
        if deadline.at <= now:
            yield deadline.action(template.pid, deadline.why, now - deadline.since)
        elif template.lives and template.generation not in preloading:
            yield Dismiss(template.pid)
    for generation in sorted(preloading):
        fellows = [one for one in templates if one.generation == generation]
        if generation == wanted.candidate:
            is_lacking = not fellows
        else:
            # What was late counts as a failure when it is dead; what hangs is replaced at once.
            lives = any(one.ready_at is None or _is_sound(wanted, one, now) for one in fellows)
            is_lacking = not lives and wanted.workers > 0 and now >= wanted.spawn_at
        if is_lacking:
            yield Load(generation)


def _is_sound(wanted: Wanted, template: Template, now: float) -> bool:
    return template.lives and _deadline(wanted, template).at > now


def next_template_deadline(
    wanted: Wanted, preloading: frozenset[int], templates: Sequence[Template], now: float
) -> float:
    """Return when `plan_templates` may have something to do even if nothing happens; infinity for never."""
    times = [_deadline(wanted, template).at for template in templates]
    if wanted.workers and wanted.spawn_at > now and wanted.generation in preloading:
        times.append(wanted.spawn_at)
    return min(times, default=inf)


def unready(preloading: frozenset[int], templates: Sequence[Template]) -> frozenset[int]:
    """Return the generations that cannot have a worker born now: nobody is there to fork it, or is at it."""
    able = {one.generation for one in templates if one.is_ready and one.asked_at == inf}
    return preloading - able


def forgive(template: Template, now: float) -> Template:
    """Hold nothing against it that happened until now: we were away ourselves."""
    asked_at = template.asked_at if template.asked_at == inf else now
    return template._replace(since=now, asked_at=asked_at)


class _Deadline(NamedTuple):
    at: float
    action: type[Abort | Kill]
    why: Why
    since: float


def _deadline(wanted: Wanted, template: Template) -> _Deadline:
    """Return the next moment at which a template has done wrong, and what is to be done then."""
    if template.is_doomed:
        return _Deadline(inf, Kill, Why.LAST_WORDS, template.since)
    if template.aborted_at < inf:
        return _Deadline(template.aborted_at + LAST_WORDS_S, Kill, Why.LAST_WORDS, template.aborted_at)
    if template.ready_at is None:
        boot = wanted.boot_of(template.generation) or inf
        return _Deadline(template.since + boot, Abort, Why.LATE, template.since)
    return _Deadline(template.asked_at + HUNG_S, Abort, Why.HUNG, template.asked_at)
