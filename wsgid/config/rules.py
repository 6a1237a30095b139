"""What settings say to one another: asked of the values in force, when each layer has been checked by itself.

Only what is surely a mistake is an error; what merely does nothing is a warning.
"""

from __future__ import annotations

import os
import sys
from itertools import combinations, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from wsgid.config.diagnostics import Diagnostic, Label, Where
from wsgid.config.env import DEFAULTS
from wsgid.config.kinds import WORKER_CLASSES, missing_package
from wsgid.config.settings import POLLER_KINDS, Settings, about

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from wsgid.config.diagnostics import Severity
    from wsgid.config.layers import Given, Merged


def complaints(
    settings: Settings,
    merged: Merged,
    environ: Mapping[str, str],
    start: str,
    doubtful: frozenset[str] = frozenset(),
) -> Iterator[Diagnostic]:
    """Yield what is wrong with the settings together.

    `start` is the start directory. `doubtful` are settings for which a layer has a value that cannot be read.
    What they will be when that is mended, nobody knows: so nothing is said that depends on it.
    """
    if "worker_class" not in doubtful:
        yield from _package(settings, merged)
        yield from _threads(settings, merged)
        yield from _retiring(settings, merged)
        yield from _not_honoured(settings, merged)
    yield from _one_of_them(merged)
    yield from _same_path(merged, start)
    yield from _twice_in_bind(settings, merged)
    yield from _tls(settings, merged, doubtful)
    yield from _daemon(settings, merged, environ)
    yield from _no_control_socket(settings, merged)
    yield from _without_what_it_needs(settings, merged, doubtful)


# What cannot be


def _package(settings: Settings, merged: Merged) -> Iterator[Diagnostic]:
    """Yield an error where the worker class needs what is not installed, where the server would run."""
    package = missing_package(settings.worker_class)
    if package and not settings.virtualenv and "worker_class" in merged.history:
        message = (
            f'worker_class "{settings.worker_class}" needs the package {package}, which is not installed '
            f"for {sys.executable}: `pip install {package}`"
        )
        yield Diagnostic("error", "cannot-import", message, (Label(_place(merged, "worker_class")),))


def _threads(settings: Settings, merged: Merged) -> Iterator[Diagnostic]:
    kind = settings.worker_class
    if settings.threads > 1 and kind in WORKER_CLASSES and kind not in POLLER_KINDS:
        message = (
            f'`threads = {settings.threads}` needs worker_class "sync" or "gthread", '
            f'but worker_class is "{kind}"'
        )
        yield _conflict(merged, message, "threads", "worker_class")


def _one_of_them(merged: Merged) -> Iterator[Diagnostic]:
    """Yield a conflict where two settings say the same thing in different ways."""
    for names, what in (
        (("app", "django", "paste"), "the application"),
        (("logconfig", "logconfig_json", "logconfig_dict"), "the loggers"),
    ):
        given = [name for name in names if merged.values.get(name) and not _is_of_project(name, merged)]
        for first, second in pairwise(given):
            yield _conflict(merged, f"`{second}` and `{first}` both name {what}", second, first)


def _is_of_project(name: str, merged: Merged) -> bool:
    """Say whether it is the Django project that names the application, and nobody another one."""
    return (
        name == "app"
        and bool(merged.values.get("django"))
        and len({it.value for it in merged.history["app"]}) == 1
    )


def _same_path(merged: Merged, start: str) -> Iterator[Diagnostic]:
    """Yield a conflict where one path is to be two files: the later one would destroy the earlier."""
    paths: list[tuple[str, str, tuple[str | int, ...]]] = []
    for name in ("pidfile", "control_socket", "errorlog", "accesslog"):
        path = merged.values.get(name)
        if path and path != "-":
            paths.append((os.path.normpath(Path(start, path)), name, ()))
    for index, address in enumerate(merged.values.get("bind", ())):
        path = address.removeprefix("unix:")
        if path != address and not path.startswith("@"):
            paths.append((os.path.normpath(Path(start, path)), "bind", (index,)))
    for (path, name, inside), (other_path, other, other_inside) in combinations(paths, 2):
        # Two logs may well be one file; that of two addresses is told elsewhere.
        if path == other_path and {name, other} not in ({"errorlog", "accesslog"}, {"bind"}):
            labels = (
                Label(_place(merged, name, *inside)),
                Label(_place(merged, other, *other_inside), f"{other} set here"),
            )
            yield Diagnostic("error", "conflict", f"`{name}` and `{other}` are the same path", labels)


def _twice_in_bind(settings: Settings, merged: Merged) -> Iterator[Diagnostic]:
    seen: dict[str, int] = {}
    for index, address in enumerate(settings.bind):
        # Port 0 is another port each time.
        if address in seen and not address.endswith(":0"):
            labels = (
                Label(_place(merged, "bind", index)),
                Label(_place(merged, "bind", seen[address]), "and here"),
            )
            yield Diagnostic("error", "conflict", f"`bind` has `{address}` twice", labels)
        seen.setdefault(address, index)


def _tls(settings: Settings, merged: Merged, doubtful: frozenset[str]) -> Iterator[Diagnostic]:
    if not settings.certfile and "certfile" not in doubtful:
        if settings.keyfile:
            yield _conflict(merged, "`keyfile` needs `certfile`", "keyfile")
        if "ssl_context" in settings.hooks and merged.last("hooks").source.layer.style != "gunicorn":
            # What a server speaks does not hang on whether a file has a function; in gunicorn's files, which
            # are copied whole, one that does nothing is nobody's mistake.
            message = "the hook `ssl_context` needs `certfile`: without it plain HTTP is spoken"
            yield _conflict(merged, message, "hooks", inside="ssl_context")
    if "ssl_context" in settings.hooks or "hooks" in doubtful:
        return  # the function brings along whatever it likes
    if settings.cert_reqs != "none" and not settings.ca_certs and "ca_certs" not in doubtful:
        message = f'`cert_reqs = "{settings.cert_reqs}"` needs `ca_certs`: without it no client is believed'
        yield _conflict(merged, message, "cert_reqs")


def _daemon(settings: Settings, merged: Merged, environ: Mapping[str, str]) -> Iterator[Diagnostic]:
    if settings.daemon and environ.get("NOTIFY_SOCKET"):
        message = "`daemon` under a service manager: it would take the server for ended"
        where = Where("environment", "NOTIFY_SOCKET")
        labels = (
            Label(_place(merged, "daemon"), "leave it out"),
            Label(where, "set by the service manager"),
        )
        yield Diagnostic("error", "conflict", message, labels)


def _conflict(merged: Merged, message: str, name: str, *others: str, inside: str = "") -> Diagnostic:
    """Return a conflict at a setting's place, and at those of the others that were given.

    gunicorn goes on in silence where it meets one; whoever brings its file along is told, and served.
    """
    labels = [Label(_place(merged, name, *([inside] if inside else ())))]
    labels += [
        Label(_place(merged, other), f"{other} set here") for other in others if other in merged.history
    ]
    severity: Severity = "warning" if merged.last(name).source.layer.style == "gunicorn" else "error"
    return Diagnostic(severity, "conflict", message, tuple(labels))


# What will not last


def _retiring(settings: Settings, merged: Merged) -> Iterator[Diagnostic]:
    if settings.worker_class == "eventlet" and "worker_class" in merged.history:
        message = (
            "eventlet is being retired by its own authors; "
            'most applications for it run with worker_class "gevent", or "gthread" and `threads`'
        )
        yield Diagnostic("warning", "deprecated", message, (Label(_place(merged, "worker_class")),))


# What does nothing


def _not_honoured(settings: Settings, merged: Merged) -> Iterator[Diagnostic]:
    """Yield a warning for each setting that the worker class does nothing with."""
    kind = settings.worker_class
    if kind not in WORKER_CLASSES:
        return
    for name in merged.history:
        if kind in about(name).kinds or name == "threads" or merged.last(name).layer == DEFAULTS:
            continue
        # "off" is what these kinds do anyway: nothing is left undone.
        if name == "request_buffering" and not settings.request_buffering and kind in ("gevent", "eventlet"):
            continue
        yield _nothing(merged, name, f'{name} has no effect with worker_class "{kind}"')


def _no_control_socket(settings: Settings, merged: Merged) -> Iterator[Diagnostic]:
    """Yield a warning where one would stand beside the pidfile, and cannot (derived.py)."""
    if settings.pidfile and settings.control_socket is None:
        message = "there is no control socket: PIDFILE.control is longer than the kernel takes"
        note = "give a shorter path, or set `control_socket`"
        yield Diagnostic("warning", "conflict", message, (Label(_place(merged, "pidfile"), note),))


class _Need(NamedTuple):
    """Settings that do nothing without others: the first of these is what a person would set."""

    names: tuple[str, ...]
    needed: tuple[str, ...]
    is_there: Callable[[Settings], object]
    shown: str = ""


def _without_what_it_needs(
    settings: Settings, merged: Merged, doubtful: frozenset[str]
) -> Iterator[Diagnostic]:
    """Yield a warning for each setting that does nothing without another one."""
    for need in _NEEDS:
        if need.is_there(settings) or not doubtful.isdisjoint(need.needed):
            continue
        for name in need.names:
            if merged.values.get(name):
                shown = need.shown or f"`{need.needed[0]}`"
                yield _nothing(merged, name, f"`{name}` has no effect without {shown}")


def _has_unix_socket(settings: Settings) -> bool:
    # One that is passed has the mode that its socket unit gives it.
    return any(address.startswith("unix:") for address in settings.bind)


_NEEDS = (
    _Need(("max_requests_jitter",), ("max_requests",), lambda it: it.max_requests),
    _Need(
        ("keyfile_password", "ca_certs", "ciphers", "tls_minimum"),
        ("certfile", "keyfile"),
        lambda it: it.certfile or it.keyfile,
    ),
    _Need(
        ("socket_mode", "socket_user", "socket_group"),
        ("bind",),
        _has_unix_socket,
        "a Unix socket in `bind`",
    ),
    _Need(("initgroups",), ("user",), lambda it: it.user is not None),
    _Need(("reload_engine", "reload_extra_files"), ("reload",), lambda it: it.reload),
    _Need(("proxy_allow_ips",), ("proxy_protocol",), lambda it: it.proxy_protocol != "off"),
    _Need(("paste_global",), ("paste",), lambda it: it.paste),
    _Need(("statsd_prefix", "dogstatsd_tags"), ("statsd_host",), lambda it: it.statsd_host),
    _Need(
        ("access_log_skip",),
        ("accesslog", "logconfig", "logconfig_dict", "logconfig_json", "syslog"),
        lambda it: it.accesslog or it.logconfig or it.logconfig_dict or it.logconfig_json or it.syslog,
    ),
    _Need(("syslog_addr", "syslog_prefix", "syslog_facility"), ("syslog",), lambda it: it.syslog),
)


def _nothing(merged: Merged, name: str, message: str) -> Diagnostic:
    return Diagnostic("warning", "conflict", message, (Label(_place(merged, name)),))


def _place(merged: Merged, name: str, *inside: str | int) -> Where:
    given: Given = merged.last(name)
    return given.source.place(name, *inside).value
