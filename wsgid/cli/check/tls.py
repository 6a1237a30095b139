"""Whether certificate, key and authorities can be read and belong together; asked in a child.

The only place of the checker that imports ssl, and only where there is something to look at.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wsgid.cli.check.files import look_at_source
from wsgid.cli.check.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wsgid.config.settings import Settings


def look_at_tls(settings: Settings) -> Iterator[Finding]:
    """Load them as a worker will."""
    unreadable = [
        finding
        for name in ("certfile", "keyfile", "ca_certs")
        for finding in look_at_source(name, getattr(settings, name))
    ]
    yield from unreadable
    blamed = {finding.setting for finding in unreadable}
    if settings.certfile and not blamed & {"certfile", "keyfile"}:
        password = settings.keyfile_password
        yield from _look_at_pair(
            settings.certfile, settings.keyfile, password.reveal() if password is not None else None
        )
    if settings.ca_certs and "ca_certs" not in blamed:
        yield from _look_at_authorities(settings.ca_certs)
    if settings.ciphers:
        yield from _look_at_ciphers(settings.ciphers)


def _look_at_pair(certfile: str, keyfile: str | None, password: str | None) -> Iterator[Finding]:
    import ssl  # noqa: PLC0415  lazy: gevent would patch it badly, were it there in every process

    was_asked = False

    def answer() -> str:
        # Without a callback OpenSSL would ask at the terminal, and wait.
        nonlocal was_asked
        was_asked = True
        return password or ""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certfile, keyfile, answer)
    except ssl.SSLError as error:
        key = "keyfile" if keyfile else "certfile"
        if error.reason == "KEY_VALUES_MISMATCH":
            message = f"the key in `{keyfile or certfile}` is not that of the certificate in `{certfile}`"
            yield Finding("invalid-value", message, key)
        elif was_asked and password is None:
            message = f"the key in `{keyfile or certfile}` has a password"
            yield Finding("invalid-value", message, key, note="set `keyfile_password`")
        elif was_asked:
            message = f"the password does not open the key in `{keyfile or certfile}`"
            yield Finding("invalid-value", message, "keyfile_password")
        else:
            yield _blame(certfile, keyfile)
    except ValueError as error:  # a password that is too long
        yield Finding("invalid-value", f"the password of the key cannot be used: {error}", "keyfile_password")


def _blame(certfile: str, keyfile: str | None) -> Finding:
    """Say which of the two files is no PEM of what it should be; OpenSSL says "PEM lib"."""
    for name, path, marks in (
        ("certfile", certfile, (b"-----BEGIN CERTIFICATE-----", b"-----BEGIN TRUSTED CERTIFICATE-----")),
        ("keyfile" if keyfile else "certfile", keyfile or certfile, (b"PRIVATE KEY-----",)),
    ):
        with open(path, "rb") as file:  # noqa: PTH123  a path like any other
            octets = file.read(1 << 20)
        if not any(mark in octets for mark in marks):
            what = "certificate" if marks[0].endswith(b"CERTIFICATE-----") else "private key"
            note = "set `keyfile`" if what == "private key" and keyfile is None else ""
            return Finding("invalid-value", f"there is no {what} as PEM in `{path}`", name, note=note)
    return Finding(
        "invalid-value", f"the certificate in `{certfile}` cannot be used with its key", "certfile"
    )


def _look_at_authorities(path: str) -> Iterator[Finding]:
    import ssl  # noqa: PLC0415  as above

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        if os.path.isdir(path):  # noqa: PTH112  a path like any other
            context.load_verify_locations(capath=path)
        else:
            context.load_verify_locations(path)
    except ssl.SSLError:
        yield Finding("invalid-value", f"there is no certificate as PEM in `{path}`", "ca_certs")


def _look_at_ciphers(ciphers: str) -> Iterator[Finding]:
    import ssl  # noqa: PLC0415  as above

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).set_ciphers(ciphers)
    except ssl.SSLError:
        yield Finding("invalid-value", f"OpenSSL knows none of the ciphers `{ciphers}`", "ciphers")
