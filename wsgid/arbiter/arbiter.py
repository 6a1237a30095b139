"""The arbiter: what happens changes the workers that are wanted or known; then it does what `plan` says."""

# Rule 1: nothing here waits but the loop.
# Rule 2: what a worker says or writes and what a file holds is data: nothing of it ends the arbiter.
# Rule 3: a reload is not a phase, it is a number (generation.py).

from __future__ import annotations

import os
import platform
from contextlib import ExitStack
from enum import Enum
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from wsgid import __version__, is_compiled
from wsgid.arbiter import words
from wsgid.arbiter.answers import Answers
from wsgid.arbiter.backoff import Backoff, after_death, after_failed_fork, after_lost_template, recovered
from wsgid.arbiter.boot import Boots, Consequence
from wsgid.arbiter.control import Client, Command, number_after
from wsgid.arbiter.equipment import check_number, open_equipment
from wsgid.arbiter.listening import compare
from wsgid.arbiter.logs import reopen
from wsgid.arbiter.oom import OomKills, oom_count
from wsgid.arbiter.outcome import Refusal, refusal_of
from wsgid.arbiter.plan import Abort, GiveUp, Kill, Retire, Spawn, Wanted, Why, is_rolled, next_deadline, plan
from wsgid.arbiter.pool import State, Worker, WorkerPool
from wsgid.arbiter.preload import Born, Failed, Lost, Preload, Unborn
from wsgid.arbiter.reload import Reload
from wsgid.arbiter.report import Report
from wsgid.arbiter.spawn import Exit, Order, reap, tell
from wsgid.arbiter.succession import Succession
from wsgid.arbiter.transaction import Transaction
from wsgid.arbiter.wear import Wear
from wsgid.errors import ApplicationError, ConfigurationError, ExitCode, WsgidError
from wsgid.net.activation import PassedSockets
from wsgid.workers.process import FAILED, READY, WORN, run
from wsgid.workers.server import TAKES_OVER

if TYPE_CHECKING:
    from collections.abc import Callable

    from wsgid.arbiter.predecessor import Predecessor
    from wsgid.arbiter.preload import News
    from wsgid.arbiter.reload import Source
    from wsgid.arbiter.template_plan import Template
    from wsgid.config.load import Loaded
    from wsgid.config.settings import Settings
    from wsgid.workers.start import WorkerStart

# The scoreboard is looked at once a second, as often as workers write their heartbeat.
_TICK_S: Final = 1.0

# Longer away than this (SIGSTOP, a suspended machine), and nobody is judged by what happened meanwhile.
_AWAY_S: Final = 5.0


# A worker in these states has not been told to leave.
_UNTOLD: Final = frozenset({State.STARTING, State.SERVING})


class Phase(Enum):
    BOOTING = "booting"
    """Until the first generation serves."""
    RUNNING = "running"
    STOPPING = "stopping"
    DONE = "done"


class Arbiter:
    """Keeps the workers of one server; `run` is its whole life."""

    def __init__(
        self,
        loaded: Loaded,
        source: Source,
        app: Callable[..., Any] | None = None,
        work: Callable[[WorkerStart], int] = run,
        on_ready: Callable[[], None] = lambda: None,
        predecessor: Predecessor | None = None,
    ) -> None:
        """`source` is where `loaded` came from; `app` is given where the settings do not name it.

        `on_ready` is called once, when the first generation serves. `predecessor` is who has started us to
        follow it.
        """
        self._first: Final = loaded
        """What the server has been started with; what is in force, the generations know."""
        self._source: Final = source
        self._app: Final = app
        self._work: Final = work
        self._announce: Final = on_ready
        self._predecessor: Final = predecessor
        self._phase = Phase.BOOTING
        self._pool: Final = WorkerPool()
        self._wanted = _wanted(loaded.settings, 1)
        self._wear: Final = Wear()
        self._backoff = Backoff()
        self._boots: Final = Boots()
        self._is_rolling = False  # a generation took over, and its former workers have not all been retired
        self._turned_at = 0.0
        self._is_settled = False  # nothing has changed what is wanted since the last plan

    def run(self) -> int:
        """Serve until told to stop, and return the exit status.

        Raises WsgidError for what ends a server before it serves: AddressError, ConfigurationError,
        ApplicationError with the reason of each worker that could not boot.
        """
        with ExitStack() as stack:
            self._start(stack)
            while True:
                self._act(monotonic())
                if self._phase is Phase.DONE:
                    break
                self._wait()
        if self._boots.reasons:
            raise ApplicationError("\n".join(self._boots.reasons))
        return ExitCode.OK

    # ------------------------------------------------------------------ start and turn

    def _start(self, stack: ExitStack) -> None:
        settings = self._first.settings
        sockets = PassedSockets(os.environ)
        compare(self._first, sockets)
        sockets.seal()
        equipment = open_equipment(
            settings,
            sockets,
            self._app,
            self._work,
            stack,
            self._source.directory,
            self._predecessor,
        )
        self._error_log = equipment.error_log
        self._log = equipment.error_log.logger
        self._generations = equipment.generations
        self._scoreboard = equipment.scoreboard
        self._report = Report(equipment.notifier, equipment.scoreboard)
        self._loop = equipment.loop
        self._channels = equipment.channels
        self._births = equipment.births
        self._pidfile = equipment.pidfile
        self._moments = equipment.moments
        self._control = equipment.control
        self._stacks = equipment.stacks
        self._watch = equipment.watch
        self._preload = Preload(self._generations, self._births, self._channels, self._log)
        stack.callback(self._preload.close)
        self._reload = Reload(self._source, self._loop, self._births.undo_in_child, self._log)
        stack.callback(self._reload.abandon)
        self._log.info(
            "server started version=%s build=%s python=%s pid=%d worker_class=%s workers=%d threads=%d",
            __version__,
            "compiled" if is_compiled() else "pure",
            platform.python_version(),
            os.getpid(),
            settings.worker_class,
            settings.workers,
            settings.threads,
        )
        self._transaction = Transaction(self._first, sockets, equipment)
        self._transaction.tell()
        self._succession = Succession(
            self._source, sockets, equipment, self._pool, self._report, self._preload, self._predecessor
        )
        stack.callback(self._succession.leave)
        self._store = equipment.store
        self._store.settle(self._generations.own_listeners)
        self._answers = Answers(
            self._control,
            self._pool,
            self._preload,
            self._scoreboard,
            self._generations,
            self._report,
            self._stacks,
            self._succession,
        )
        self._moments.on_starting()
        stack.callback(self._moments.on_exit)
        self._tell_number(settings.workers, None)
        self._births.prepare(settings.worker_class)
        self._scoreboard.has_heirs = settings.worker_class in TAKES_OVER
        if self._watch is not None:
            self._watch.start(self._births.undo_in_child)
        self._turned_at = monotonic()
        self._oom_kills = OomKills(oom_count(), self._turned_at)
        self._report.starting(self._turned_at)

    def _act(self, now: float) -> None:
        """Compare what is wanted with what is there, and act."""
        self._pool.observe(lambda slot: self._scoreboard.row(slot).read(), now)
        self._backoff = recovered(self._backoff, self._pool.workers, now)
        if (worn := self._wear.find(self._wanted, self._pool.workers, now)) is not None:
            self._pool.worn(worn.worker.pid)
            self._log.info("worker worn %s %s; it is replaced", words.name(worn.worker), worn.why)
        planned = self._wanted
        for news in self._preload.act(self._goal(), now):
            self._on_news(news, now)
        for action in plan(self._goal(), self._pool.workers, now):
            match action:
                case Spawn():
                    self._spawn(action, now)
                case Retire(pid, is_quick):
                    worker = self._pool.retire(pid, now, quick=is_quick)
                    self._log.debug("worker retired %s", words.name(worker))
                    tell(pid, Order.LEAVE if is_quick else Order.DRAIN)
                case GiveUp(pid):
                    self._tell_why(action, self._pool.give_up(pid, now), now)
                    tell(pid, Order.LOG_STACKS)
                case Abort() | Kill():
                    self._end(action, now)
        self._take_stock(now)
        self._is_settled = self._wanted is planned

    def _wait(self) -> None:
        """Wait until something happens, and let it change what is wanted or known."""
        before = monotonic()
        # What was only now found to be wanted is planned for at once.
        deadline = next_deadline(self._goal(), self._pool.workers, before) if self._is_settled else before
        deadline = min(
            deadline,
            self._preload.deadline(self._goal(), before),
            self._reload.deadline,
            self._control.deadline,
            self._report.deadline,
            self._succession.deadline,
        )
        happened = self._loop.wait(min(max(deadline - before, 0.0), _TICK_S))
        now = monotonic()
        if now - self._turned_at > _TICK_S + _AWAY_S:
            self._log.warning("away for %.0f s: nobody is judged by that time", now - self._turned_at)
            self._pool.forgive(now)
            self._preload.forgive(now)
        self._turned_at = now
        for name in happened.signals:
            self._on_signal(name)
        self._reload.tick(now)
        self._control.tick(now)
        self._succession.tick(now)
        for fd in happened.readable:
            if self._reload.hear(fd) or self._succession.hear(fd, now):
                continue
            if self._watch is not None and (has_changed := self._watch.hear(fd)) is not None:
                self._reload.is_asked |= has_changed and self._phase is not Phase.STOPPING
                continue
            if (pid := self._channels.pid_of(fd)) is not None:
                self._hear(pid, now)
            elif (asked := self._control.hear(fd, now)) is not None:
                self._on_command(*asked, now)
        self._oom_kills.tick(now)
        exits = [*reap()]
        # Whoever ends all of us signals us first; but of what poll(2) found, a signal that came meanwhile is
        # no part. So none that was sent before a worker ended is heard after that.
        for name in self._loop.take_signals():
            self._on_signal(name)
        for exit_ in exits:
            self._on_exit(self._oom_kills.explain(exit_), now)
        if self._succession.is_done and self._phase is Phase.RUNNING:
            self._stop(f"the successor pid={self._succession.successor} serves", is_quick=False)

    @property
    def _log_holders(self) -> tuple[Worker | Template, ...]:
        return (*self._pool.workers, *self._preload.templates)

    def _goal(self) -> Wanted:
        return self._preload.goal(self._wanted._replace(spawn_at=self._backoff.spawn_at))

    # ------------------------------------------------------------------ actions

    def _spawn(self, action: Spawn, now: float) -> None:
        if now < self._backoff.spawn_at and action.generation != self._wanted.candidate:
            return  # the fork before this one has just failed
        try:
            if self._preload.bear(action, now):
                return  # it is on its way
            pid = self._births.bear(action.slot, action.generation)
        except OSError as error:
            self._on_news(Unborn(action.generation, str(error)), now)
        else:
            self._on_news(Born(pid, action.slot, action.generation), now)

    def _end(self, action: Abort | Kill, now: float) -> None:
        """Tell why a worker is ended, and end it."""
        is_final = isinstance(action, Kill)
        worker = self._pool.kill(action.pid, now, finally_=is_final)
        self._tell_why(action, worker, now)
        tell(action.pid, Order.DIE if is_final else Order.ABORT)
        if action.why is Why.LATE:
            boot_s = self._wanted.boot_of(worker.generation)
            reason = f"the application was not loaded within boot_timeout ({boot_s:g} s)"
            self._on_boot_failure(worker, reason)

    def _tell_why(self, action: GiveUp | Abort | Kill, worker: Worker, now: float) -> None:
        view = self._scoreboard.row(worker.slot).read()
        for line in words.verdict(action, worker, view, self._wanted, now):
            self._log.error(line)

    # ------------------------------------------------------------------ events

    def _on_news(self, news: News, now: float) -> None:
        """Take note of what has come of a birth, or of a template."""
        match news:
            case Born(pid, slot, generation):
                worker = self._pool.add(pid, slot, generation, now)
                self._log.debug("worker started %s", words.name(worker))
            case Unborn(generation, reason):
                self._log.error("no worker could be forked: %s", reason)
                self._backoff = after_failed_fork(self._backoff, now)
                if generation == self._wanted.candidate:
                    self._refuse(Refusal(f"no worker could be forked: {reason}"))
            case Failed(template, reason):
                self._on_boot_failure(template, reason)
            case Lost(template, reason, is_from_outside):
                if template.generation == self._wanted.generation:
                    self._backoff = after_lost_template(self._backoff, now, from_outside=is_from_outside)
                    self._tell_wait("template", now)
                if template.generation == self._wanted.candidate or template.ready_at is None:
                    self._on_boot_failure(template, reason)

    def _on_signal(self, name: str) -> None:
        match name:
            case "TERM":
                self._stop(f"SIG{name}", is_quick=False, by_signal=True)
            case "INT" | "QUIT":
                self._stop(f"SIG{name}", is_quick=True, by_signal=True)
            case "USR1":
                reopen(self._error_log, self._generations, self._log_holders, self._channels)
            case _ if self._phase is Phase.STOPPING:
                pass
            case "HUP":
                self._reload.is_asked = True
            case "TTIN" | "TTOU":
                try:
                    self._change_number("+1" if name == "TTIN" else "-1", f"SIG{name}")
                except ConfigurationError as error:
                    self._log.warning("workers stay %d (SIG%s): %s", self._wanted.workers, name, error)
            case "WINCH" if self._generations.current.settings.daemon:
                # Without a terminal it is no change of a window's size; gunicorn's administrators use it to
                # keep an arbiter without workers, until TTIN or HUP bring them back.
                self._want(0, "SIGWINCH")
            case "USR2":
                self._succession.begin(is_serving=self._phase is Phase.RUNNING)
            case _:
                pass  # CHLD: `reap` follows in any case; WINCH: the terminal's

    def _change_number(self, change: str, why: str) -> int:
        """Want more or fewer workers; gives how many. Raises ConfigurationError: there is no room."""
        workers = number_after(self._wanted.workers, change)
        check_number(workers, self._scoreboard)
        self._want(workers, why)
        return workers

    def _want(self, workers: int, why: str) -> None:
        former = self._wanted.workers
        self._wanted = self._wanted._replace(workers=workers)
        self._log.info("workers %d -> %d (%s)", former, workers, why)
        self._tell_number(workers, former)

    def _on_command(self, client: Client, command: Command, now: float) -> None:
        """Do what somebody asks for by the control socket."""
        match command.word:
            case "status":
                self._answers.show_status(client, self._phase.value, self._wanted.workers, now)
            case "stacks":
                self._answers.show_stacks(client, now)
            case "stop":
                self._control.answer(client)
                self._stop("control socket", is_quick=command.argument == "quick")
            case _ if self._phase is Phase.STOPPING:
                self._control.refuse(client, "the server stops")
            case "reload":
                self._reload.is_asked = True
                self._control.wait_for_reload(client)
            case "workers":
                try:
                    workers = self._change_number(command.argument, "control socket")
                except ConfigurationError as error:
                    self._control.refuse(client, str(error))
                else:
                    self._control.answer(client, workers=workers)
            case "upgrade":
                refusal = self._succession.begin(is_serving=self._phase is Phase.RUNNING)
                if refusal is None:
                    self._control.wait_for_upgrade(client)
                else:
                    self._control.refuse(client, refusal.reason)

    def _hear(self, pid: int, now: float) -> None:
        """Take in what a worker has said; whatever it is, it changes no more than what is known of it."""
        if self._preload.knows(pid):
            for news in self._preload.hear(pid, now):
                self._on_news(news, now)
            return
        for word in self._channels.hear(pid):
            worker = self._pool.get(pid)
            if worker is None:
                return
            if word == READY and worker.state is not State.SERVING:
                self._on_ready(self._pool.ready(pid, now))
            elif word == WORN and worker.state is State.SERVING:
                self._pool.worn(pid)
                self._log.debug("worker worn %s", words.name(worker))
            elif word.startswith(FAILED):
                reason = word.removeprefix(FAILED).decode("utf-8", "backslashreplace")
                self._on_boot_failure(worker, reason)

    def _on_ready(self, worker: Worker) -> None:
        if worker.state is not State.SERVING:
            return  # it was retired, or ended, while it said so
        self._boots.has_served = True
        self._log.info("worker ready %s boot_s=%.2f", words.name(worker), worker.since - worker.born)
        if worker.generation == self._wanted.candidate:
            self._accept()

    def _on_boot_failure(self, worker: Worker | Template, reason: str) -> None:
        """Draw the consequence, once a process: the end, if none was ever ready; else the others serve on."""
        match self._boots.judge(
            worker.pid,
            is_candidate=worker.generation == self._wanted.candidate,
            may_await=self._may_await_change,
            is_stopping=self._phase is Phase.STOPPING,
        ):
            case Consequence.REFUSE:
                self._refuse(Refusal(reason))
            case Consequence.AWAIT:
                self._await_change(reason)
            case Consequence.END:
                self._fail(reason)
            case Consequence.GO_ON:
                self._log.error("%s failed %s: %s", words.kind(worker), words.name(worker), reason)

    def _on_exit(self, exit_: Exit, now: float) -> None:
        if self._pool.get(exit_.pid) is None:  # it may have been born since, and be dead already
            for news in self._preload.hear_unborn(exit_.pid):
                self._on_news(news, now)
        self._hear(exit_.pid, now)  # its last words may say why
        worker = self._pool.get(exit_.pid)
        if self._watch is not None and self._watch.on_exit(exit_):
            return
        if (ended := self._preload.on_exit(exit_)) is not None:
            for news in ended:
                self._on_news(news, now)
            self._boots.forget(exit_.pid)
        if worker is None:
            read = self._reload.on_exit(exit_, now)
            if isinstance(read, Refusal):
                self._refuse(read)
            elif read is not None:
                self._propose(read)
            return  # else not ours: left behind by an application, and adopted by us (subreaper, or pid 1)
        self._channels.drop(exit_.pid)
        self._stacks.drop(exit_.pid)
        self._pool.exit(exit_.pid, now)
        self._moments.child_exit(exit_.pid)
        self._report.gone(worker)
        if worker.state is State.STARTING and worker.generation > self._wanted.generation:
            # It was to try a reload. What it may have said before has refused that; then it is one of those
            # who are to leave, whether or not a signal has told it so by now.
            self._on_boot_failure(worker, f"the application does not boot: {words.death(worker, exit_)}")
            worker = worker._replace(state=State.DRAINING)
        elif self._phase is Phase.STOPPING and exit_.is_asked and worker.state in _UNTOLD:
            # The same, where the signal was for all of us.
            worker = worker._replace(state=State.DRAINING)
        line = words.death(worker, exit_)
        self._log.log(words.level(worker, exit_), line)
        if worker.state is State.STARTING:
            self._on_boot_failure(worker, f"the application does not boot: {line}")
        self._boots.forget(worker.pid)
        if worker.ready_at is not None or worker.generation == self._wanted.generation:
            # One that was to try a reload, and did not get there, says nothing about those who serve.
            self._backoff = after_death(self._backoff, worker, now, from_outside=exit_.is_from_outside)
        self._tell_wait("worker", now)

    def _tell_wait(self, what: str, now: float) -> None:
        """Tell why nothing is started now."""
        if self._backoff.spawn_at > now and self._phase is not Phase.STOPPING and not self._awaits_change:
            wait_s, failures = self._backoff.spawn_at - now, self._backoff.failures
            self._log.warning("the next %s starts in %.0f s: %d failures in a row", what, wait_s, failures)

    # ------------------------------------------------------------------ reload

    @property
    def _may_await_change(self) -> bool:
        """Whether an application that does not boot is mended before the eyes of who reads why.

        With -D the command that was typed waits for us: it is told, as without `reload`.
        """
        return self._watch is not None and self._phase is Phase.BOOTING and not self._first.settings.daemon

    @property
    def _awaits_change(self) -> bool:
        return self._may_await_change and self._wanted.workers == 0

    def _await_change(self, reason: str) -> None:
        """Go on without workers: a reload brings them back."""
        if not self._awaits_change:  # the others of its generation would say the same
            self._wanted = self._wanted._replace(workers=0)
            self._log.error("%s", reason)
            self._log.error("no worker could start: waiting for a change")

    def _propose(self, new: Loaded) -> None:
        """Try a configuration that has been read with one worker."""
        try:
            candidate = self._transaction.propose(new)
        except WsgidError as error:
            self._refuse(refusal_of(error))
        else:
            boot_s = new.settings.boot_timeout
            self._wanted = self._wanted._replace(candidate=candidate, candidate_boot=boot_s)

    def _refuse(self, refusal: Refusal) -> None:
        """Keep everything as it was before the reload."""
        number = self._transaction.refuse()
        self._wanted = self._wanted._replace(candidate=0)
        for mistake in refusal.mistakes:
            self._log.error(mistake)
        if self._awaits_change:
            self._log.error("reload refused, waiting for the next change: %s", refusal.reason)
        else:
            self._log.error("reload refused, generation=%d serves on: %s", number, refusal.reason)
            self._report.refused(refusal.first, self._pool.workers, self._turned_at)
        self._control.reload_refused(refusal.reason, refusal.mistakes, number)

    def _accept(self) -> None:
        """Let the candidate take over: one of its workers serves. The others follow one by one."""
        generation = self._transaction.accept(self._log_holders, self._succession.pidfile)
        workers = self._wanted.workers
        self._wanted = _wanted(generation.settings, generation.number)
        self._backoff = Backoff()
        self._is_rolling = True
        self._control.reload_accepted()
        if self._report.is_reloading:
            self._report.accepted()
        self._tell_number(self._wanted.workers, workers)

    def _see_to_reload(self, serving: int, now: float) -> None:
        """Note that one is done; begin the next that is asked for; tell whoever waits how it went."""
        workers = self._pool.workers
        if self._is_rolling and is_rolled(self._wanted, workers, now):
            self._is_rolling = False
            self._log.info("reload done generation=%d workers=%d", self._wanted.generation, serving)
            self._control.reload_done(self._wanted.generation)
        if self._reload.is_asked and not self._wanted.candidate and not self._reload.is_reading:
            self._control.reload_begun()
            if self._phase is Phase.RUNNING:  # else systemd still waits for the start
                self._report.reload_begun(workers, now)
            refusal = self._reload.begin(self._wanted.boot, now)
            if refusal is not None:
                self._refuse(refusal)
        if self._report.is_reloading and not self._is_reload_under_way:
            self._report.reload_over(workers, now)

    @property
    def _is_reload_under_way(self) -> bool:
        return (
            self._reload.is_asked
            or self._reload.is_reading
            or self._wanted.candidate != 0
            or self._is_rolling
        )

    def _tell_number(self, new: int, old: int | None) -> None:
        """Tell hooks and metrics how many workers are wanted; `old` is None at the start."""
        self._moments.set_workers(new, old)
        if (statsd := self._generations.current.statsd) is not None:
            statsd.gauge("workers", new)

    # ------------------------------------------------------------------ where we stand

    def _take_stock(self, now: float) -> None:
        """Note what has been reached."""
        workers = self._pool.workers
        serving = [worker for worker in workers if worker.state is State.SERVING]
        has_left = not workers and self._preload.is_idle and self._succession.may_leave
        if self._phase is Phase.STOPPING and has_left:
            self._phase = Phase.DONE
        if self._phase is Phase.BOOTING and serving and self._is_up(len(serving)):
            self._phase = Phase.RUNNING
            self._log.info("serving generation=%d workers=%d", serving[0].generation, len(serving))
            self._moments.when_ready()
            self._report.ready(workers, now)
            self._announce()
            self._succession.announce()
        if self._phase is Phase.RUNNING or self._awaits_change:
            self._see_to_reload(len(serving), now)
        self._report.tick(workers, now, is_serving=self._phase is Phase.RUNNING)

    def _is_up(self, serving: int) -> bool:
        """Say whether the first generation serves: one of several that cannot boot keeps nobody from it."""
        is_starting = self._preload.is_bearing or any(
            worker.state is State.STARTING for worker in self._pool.workers
        )
        return serving >= self._wanted.workers or (not is_starting and self._backoff.failures > 0)

    def _fail(self, reason: str) -> None:
        """End, for no worker was ever ready."""
        if reason not in self._boots.reasons:
            self._boots.reasons[reason] = None
            if self._generations.current.settings.errorlog != "-":
                self._log.error("%s", reason)  # whoever started us is told on standard error
        self._stop("the application does not boot", is_quick=True)

    def _stop(self, why: str, *, is_quick: bool, by_signal: bool = False) -> None:
        """Have all workers leave; a second word may only make it quicker."""
        if self._phase is Phase.STOPPING:
            if is_quick and not self._wanted.is_quick:
                self._log.info("stopping at once (%s)", why)
                self._wanted = self._wanted._replace(is_quick=True)
                self._succession.hurry(self._turned_at)
            return
        self._phase = Phase.STOPPING
        self._log.info("stopping %s (%s)", "at once" if is_quick else "gracefully", why)
        self._succession.stopping(self._turned_at, by_signal=by_signal, is_quick=is_quick)
        self._report.stopping(self._turned_at)
        self._preload.stop()
        self._reload.abandon()
        self._control.reload_abandoned()
        # First this word, then the signals: a worker that drains must know that nobody accepts after it.
        self._scoreboard.is_succeeded = self._succession.has_heirs
        self._scoreboard.stopping = True
        self._wanted = self._wanted._replace(workers=0, candidate=0, is_quick=is_quick)
        # Whoever is started in our place listens there.
        self._generations.share(filter(self._store.has, self._generations.own_listeners))
        self._generations.end_listeners(is_quick=is_quick)


def _wanted(settings: Settings, generation: int) -> Wanted:
    assert isinstance(settings.workers, int)
    return Wanted(
        workers=settings.workers,
        generation=generation,
        boot=settings.boot_timeout,
        silence=settings.timeout,
        longest=settings.request_timeout,
        grace=settings.graceful_timeout,
        most_memory=settings.max_worker_memory,
        most_age=settings.max_worker_age,
    )
