"""Whether certificate, key and authorities can be read and belong together; asked in a child.

The only place of cli that imports ssl, and only where there is something to look at.
"""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from wsgid.cli.check.child import look_as
from wsgid.cli.check.files import look_at_source
from wsgid.cli.check.finding import Finding, diagnostic
from wsgid.config.diagnostics import Mistakes
from wsgid.errors import ConfigurationError
from wsgid.net.pem import read_pem_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wsgid.config.load import Loaded
    from wsgid.config.settings import Settings

# The files are small and near; where they are not, the arbiter would wait for them as well.
LOOK_S = 10.0


def refuse_unusable(loaded: Loaded) -> None:
    """Keep a server from starting that could shake nobody's hand; raises Mistakes."""
    if not loaded.settings.certfile:
        return
    outcome = look_as(None, LOOK_S, partial(look_at_tls, loaded.settings))
    found = [diagnostic(one, loaded) for one in outcome.findings]
    if outcome.why_none:
        message = f"a look at certificate and key {outcome.why_none}"
        found.append(diagnostic(Finding("unreadable-file", message, "certfile"), loaded))
    if found:
        raise Mistakes(loaded.subject, found, loaded.files)


def look_at_tls(settings: Settings) -> Iterator[Finding]:
    """Read them as the arbiter will, and load them as a worker will."""
    paths = {"certfile": settings.certfile, "keyfile": settings.keyfile, "ca_certs": settings.ca_certs}
    if settings.ca_certs and os.path.isdir(settings.ca_certs):  # noqa: PTH112  False where it is hidden from us
        del paths["ca_certs"]
    unreadable = [finding for name, path in paths.items() for finding in look_at_source(name, path)]
    yield from unreadable
    if unreadable or not (settings.certfile or settings.ciphers):
        return
    import ssl  # noqa: PLC0415  lazy: gevent would patch it badly, were it there in every process

    from wsgid.net import tls  # noqa: PLC0415  as above

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if settings.certfile:
        try:
            files = read_pem_files(settings.certfile, settings.keyfile, settings.ca_certs)
        except ConfigurationError as error:  # gone since we looked, or without end
            yield Finding("unreadable-file", str(error), "certfile")
            return
        password = settings.keyfile_password
        word = None if password is None else password.reveal()
        yield from _complain(partial(tls.load_pair, context, files, word))
        if files.authorities is not None:
            yield from _complain(partial(tls.load_authorities, context, files.authorities))
    if settings.ciphers:
        yield from _complain(partial(tls.set_ciphers, context, settings.ciphers))


def _complain(load: Callable[[], None]) -> Iterator[Finding]:
    from wsgid.net.tls import TLSError  # noqa: PLC0415  as above

    try:
        load()
    except TLSError as error:
        yield Finding("invalid-value", error.message, error.setting, note=error.note)
