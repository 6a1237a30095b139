"""What a process does until it can load the application: as whom, with which logs, server and hooks."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from wsgid.apps.loader import load_app, load_asgi, load_callable, prepare
from wsgid.apps.paster import load_paste
from wsgid.config.settings import Settings
from wsgid.errors import ApplicationError
from wsgid.hooks import Hooks
from wsgid.log.access import AccessLog
from wsgid.workers.imported import Imported
from wsgid.workers.logs import count_lines, settle_logs
from wsgid.workers.moments import find_hooks
from wsgid.workers.server import Server, find_server, language_of, patch
from wsgid.workers.start import Start
from wsgid.wsgi.exchange import Application

if TYPE_CHECKING:
    import ssl

    from wsgid.workers.moments import Moments


class Settled(NamedTuple):
    """What a process has that has settled in."""

    server: type[Server]
    hooks: Hooks
    # If anybody takes its lines.
    access_log: AccessLog | None
    # None without `reload`.
    imported: Imported | None


def settle_in(start: Start, on_imports: Callable[[Imported], None]) -> Settled:
    """Take all steps up to the application. Raises ApplicationError, ConfigurationError.

    `on_imports` is given what tells, with `reload`, which files were imported: from then on whoever fails
    tells them, too.
    """
    settings = start.settings
    if start.identity is not None:
        start.identity.become()
    patch(settings.worker_class)  # before the logs: how they are configured may bring in queue
    access_log = _settle_logs(start)
    imported: Imported | None = None
    if start.reports is not None:
        imported = Imported(start.reports)
        on_imports(imported)
        imported.tell()  # the directory at least, for an application that ends the process
    if start.app is None:
        prepare(chdir=settings.chdir, pythonpath=settings.pythonpath, env=settings.env)
    server = find_server(settings.worker_class)
    return Settled(server, find_hooks(settings.hooks, start.error_log.logger), access_log, imported)


def load(start: Start) -> Application:
    """Load the application, if that is not done; raises ApplicationError."""
    return load_named(start.settings) if start.app is None else start.app


def load_named(settings: Settings) -> Application:
    """Load the application that the settings name; raises ApplicationError."""
    if settings.paste is not None:
        if language_of(settings.worker_class) == "asgi":
            raise ApplicationError(
                f"paste `{settings.paste}`: PasteDeploy names WSGI applications: serve it with another"
                " worker_class than asgi"
            )
        return load_paste(settings.paste, settings.paste_global)
    if settings.app is None:
        raise ApplicationError("no application is named")
    match language_of(settings.worker_class):
        case "asgi":
            return load_asgi(settings.app)
        case "tornado":
            return load_callable(settings.app, "application")
        case "wsgi":
            return load_app(settings.app)


def make_tls(start: Start, server: type[Server], moments: "Moments") -> "ssl.SSLContext | None":
    """Make what all TLS connections of this worker share; the hook has the last word.

    Raises ApplicationError; ConfigurationError where certificate and key cannot be used.
    """
    if start.pem_files is None:
        return None
    if not getattr(server, "speaks_tls", False):
        # What is asked for so plainly is not to leave in plain text.
        kind = start.settings.worker_class
        raise ApplicationError(f'certfile: worker_class "{kind}" does not speak TLS (it has no `speaks_tls`)')
    # Lazy on purpose: ssl is for those who speak it, and comes after what patches it.
    from wsgid.net.tls import make_context  # noqa: PLC0415

    settings = start.settings
    password = settings.keyfile_password
    context = make_context(
        start.pem_files,
        None if password is None else password.reveal(),
        cert_reqs=settings.cert_reqs,
        ciphers=settings.ciphers,
        minimum=settings.tls_minimum,
    )
    return moments.ssl_context(context)


def _settle_logs(start: Start) -> AccessLog | None:
    """Have the logs as the settings say."""
    settle_logs(start.settings, start.error_log, start.syslog)
    count_lines(start.error_log, start.statsd)
    if start.settings.capture_output:
        start.error_log.capture_output()
    return start.access_log if start.access_log is not None and start.access_log.choose() else None
