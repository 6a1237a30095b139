"""The templates that are there, and the workers that they were asked for (preload_app)."""

# Rule 1: nobody waits for a template: it is started, asked, listened to, and ended.
# Rule 2: a worker that was asked for is known by its channel: what is said there first is its pid, and the
#         channel's end says that there will be none.
# Rule 3: templates hold an application's code: a pid that is named there counts if it is a new child of ours.

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Final, NamedTuple

from wsgid.arbiter import words
from wsgid.arbiter.plan import Abort, Kill, Why
from wsgid.arbiter.spawn import Order, is_child, tell
from wsgid.arbiter.template import BORN, UNBORN
from wsgid.arbiter.template_plan import (
    Dismiss,
    Load,
    Template,
    forgive,
    next_template_deadline,
    plan_templates,
    unready,
)
from wsgid.daemon.prctl import set_subreaper
from wsgid.workers.process import FAILED, READY

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator

    from wsgid.arbiter.births import Births
    from wsgid.arbiter.channels import Channels
    from wsgid.arbiter.generation import Generations
    from wsgid.arbiter.plan import Spawn, Wanted
    from wsgid.arbiter.spawn import Exit

# The kernel's own bound is seven digits (proc(5), pid_max).
_LONGEST_PID: Final = 10


@dataclass(frozen=True, slots=True)
class Born:
    """A worker is there."""

    pid: int
    slot: int
    generation: int


@dataclass(frozen=True, slots=True)
class Unborn:
    """There was no room for a process."""

    generation: int
    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A template has not loaded the application."""

    template: Template
    reason: str


@dataclass(frozen=True, slots=True)
class Lost:
    """A template has ended that was not to."""

    template: Template
    reason: str
    is_from_outside: bool


News = Born | Unborn | Failed | Lost


class _Awaited(NamedTuple):
    """A worker that a template was asked for."""

    slot: int
    generation: int
    template: int
    since: float


class Preload:
    """Keeps the templates; the arbiter is its only user, and what it tells changes what the arbiter knows."""

    def __init__(
        self, generations: Generations, births: Births, channels: Channels, log: logging.Logger
    ) -> None:
        self._generations: Final = generations
        self._births: Final = births
        self._channels: Final = channels
        self._log: Final = log
        self._templates: Final[dict[int, Template]] = {}  # by pid
        self._awaited: Final[dict[int, _Awaited]] = {}  # by the number that a worker has until it has a pid
        self._is_subreaper = False
        self._is_stopping = False

    @property
    def templates(self) -> tuple[Template, ...]:
        return tuple(self._templates.values())

    @property
    def is_bearing(self) -> bool:
        """Whether workers are on their way."""
        return bool(self._awaited)

    @property
    def is_idle(self) -> bool:
        """Whether there is nobody, and nobody to come."""
        return not self._templates and not self._awaited

    # ------------------------------------------------------------------ what is wanted

    @contextlib.contextmanager
    def stepping_back(self) -> Iterator[None]:
        """Leave orphans to whoever adopts ours, meanwhile; nobody may be bearing."""
        if self._is_subreaper:
            set_subreaper(is_on=False)
        try:
            yield
        finally:
            if self._is_subreaper:
                set_subreaper(is_on=True)

    def goal(self, wanted: Wanted) -> Wanted:
        """Return what is wanted with what is known here: who can have no worker now, and which slots wait."""
        return wanted._replace(
            unready=unready(self._preloading(wanted), self.templates),
            reserved=frozenset(one.slot for one in self._awaited.values()),
        )

    def deadline(self, wanted: Wanted, now: float) -> float:
        """Return when `act` may have something to do."""
        return next_template_deadline(wanted, self._preloading(wanted), self.templates, now)

    def _preloading(self, wanted: Wanted) -> frozenset[int]:
        """Return the generations that are to have a template."""
        if self._is_stopping:
            return frozenset()
        found = map(self._generations.find, {wanted.generation, wanted.candidate} - {0})
        return frozenset(one.number for one in found if one is not None and one.settings.preload_app)

    def act(self, wanted: Wanted, now: float) -> Iterator[News]:
        """Start and end templates as they are wanted, and yield what came of it."""
        for action in [*plan_templates(wanted, self._preloading(wanted), self.templates, now)]:
            match action:
                case Load(generation) if generation in self._preloading(wanted):  # still
                    yield from self._load(generation, now)
                case Dismiss(pid):
                    self._templates[pid] = self._templates[pid]._replace(is_doomed=True)
                    tell(pid, Order.DIE)
                case Abort() | Kill():
                    yield from self._end(action, wanted, now)

    def _load(self, generation: int, now: float) -> Iterator[News]:
        try:
            if not self._is_subreaper:
                set_subreaper(is_on=True)
                self._is_subreaper = True
            pid = self._births.start_template(generation)
        except OSError as error:
            yield Unborn(generation, str(error))
        else:
            self._templates[pid] = template = Template(pid, generation, since=now)
            self._log.debug("template started %s", words.name(template))

    def _end(self, action: Abort | Kill, wanted: Wanted, now: float) -> Iterator[News]:
        """Tell why a template is ended, and end it."""
        former = self._templates[action.pid]
        is_final = isinstance(action, Kill)
        self._templates[action.pid] = former._replace(aborted_at=now, is_doomed=is_final)
        reason = ""
        if action.why is Why.LATE:
            boot_s = wanted.boot_of(former.generation)
            reason = f"the application was not loaded within boot_timeout ({boot_s:g} s)"
            self._log.error(
                "template late %s boot_s=%.1f: %s; it writes its stacks and is killed",
                words.name(former),
                action.after,
                reason,
            )
        elif action.why is Why.HUNG:
            self._log.error(
                "template hung %s: no worker was forked within %.1f s; it writes its stacks and is killed,"
                " and another one is loaded",
                words.name(former),
                action.after,
            )
        # After its words: what it writes then stands below them.
        tell(action.pid, Order.DIE if is_final else Order.ABORT)
        if reason:
            yield Failed(former, reason)

    def stop(self) -> None:
        """Want no template any more: before the workers are told to drain, for it could bear another."""
        self._is_stopping = True

    # ------------------------------------------------------------------ births

    def bear(self, action: Spawn, now: float) -> bool:
        """Ask a template for a worker, if the generation has one; says whether it has. Raises OSError."""
        template = next(
            (one for one in self.templates if one.is_ready and one.generation == action.generation), None
        )
        if template is None:
            return False
        number = self._births.ask(template.pid, action.slot, action.generation)
        if number:
            self._awaited[number] = _Awaited(action.slot, action.generation, template.pid, now)
            self._templates[template.pid] = template._replace(asked_at=min(template.asked_at, now))
        return True

    def knows(self, number: int) -> bool:
        """Say if this is a template, or a worker that is not born yet."""
        return number in self._templates or number in self._awaited

    def hear(self, number: int, now: float) -> Iterator[News]:
        """Take in what a template has said, or was said of a worker that is not born yet."""
        if number in self._templates:
            yield from self._hear_template(number, now)
        elif number in self._awaited:
            yield from self._hear_unborn(number, reaped=0)

    def hear_unborn(self, reaped: int) -> Iterator[News]:
        """Take in what was said of all of those; `reaped` is a child that has just ended, perhaps one."""
        for number in tuple(self._awaited):
            yield from self._hear_unborn(number, reaped)

    def _hear_template(self, pid: int, now: float) -> Iterator[News]:
        for word in self._channels.hear(pid):
            template = self._templates[pid]
            if word == READY and template.lives and template.ready_at is None:
                self._templates[pid] = template._replace(ready_at=now)
                load_s = now - template.since
                self._log.info("template ready %s load_s=%.2f", words.name(template), load_s)
            elif word.startswith(FAILED):
                yield Failed(template, word.removeprefix(FAILED).decode("utf-8", "backslashreplace"))

    def _hear_unborn(self, number: int, reaped: int) -> Iterator[News]:
        awaited = self._awaited[number]
        # What follows is the worker's own.
        said = self._channels.hear(number, most=1)
        if not said and number in self._channels:
            return
        del self._awaited[number]
        if (template := self._templates.get(awaited.template)) is not None:
            waiting = (one.since for one in self._awaited.values() if one.template == template.pid)
            self._templates[template.pid] = template._replace(asked_at=min(waiting, default=inf))
        word = said[0] if said else b""
        pid = _number(word.removeprefix(BORN)) if word.startswith(BORN) else 0
        if pid and pid not in self._channels and (pid == reaped or is_child(pid)):
            self._births.name(number, pid)
            yield Born(pid, awaited.slot, awaited.generation)
            return
        self._births.forget(number)
        if word:  # else the template has ended, which is told elsewhere
            reason = word.removeprefix(UNBORN).decode("utf-8", "backslashreplace")
            if not word.startswith(UNBORN):
                reason = (
                    f"pid={pid} is no child of the arbiter: does the application adopt its descendants itself"
                    " (PR_SET_CHILD_SUBREAPER)?"
                )
            yield Unborn(awaited.generation, reason)

    # ------------------------------------------------------------------ ends, and time

    def on_exit(self, exit_: Exit) -> list[News] | None:
        """Give what comes of a template's end; None: it was another child."""
        template = self._templates.pop(exit_.pid, None)
        if template is None:
            return None
        self._channels.drop(exit_.pid)
        line = (
            f"template gone {words.name(template)} {exit_.text}{words.by_whom(exit_) if exit_.is_oom else ''}"
        )
        if self._is_stopping or (template.is_doomed and template.aborted_at == inf):
            self._log.info("%s, no longer needed", line)
            return []
        if not template.lives:
            self._log.warning("%s, by us", line)
        elif template.is_ready:
            self._log.error("%s, unasked; another one is loaded, and workers serve on", line)
        else:
            self._log.error("%s, before it was ready", line)
        return [Lost(template, f"the application does not boot: {line}", exit_.is_from_outside)]

    def forgive(self, now: float) -> None:
        """Hold nothing against anybody that happened until now."""
        for template in self.templates:
            self._templates[template.pid] = forgive(template, now)
        for number, awaited in self._awaited.items():
            self._awaited[number] = awaited._replace(since=now)

    def close(self) -> None:
        """Be nobody's parent but our own children's."""
        if self._is_subreaper:
            with contextlib.suppress(OSError):
                set_subreaper(is_on=False)


def _number(text: bytes) -> int:
    """Read a pid; 0 if it is none."""
    return int(text) if text.isdigit() and len(text) < _LONGEST_PID else 0
