"""The context that all TLS connections of a worker share, made of what was read and of plain words.

Importing this imports ssl: never in the arbiter, and in a worker after what patches ssl (gevent).
"""

from __future__ import annotations

import contextlib
import os
import ssl
from typing import TYPE_CHECKING, Final

from wsgid.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wsgid.net.pem import PemFile, PemFiles

REQUIREMENTS: Final = {
    "none": ssl.CERT_NONE,
    "optional": ssl.CERT_OPTIONAL,
    "required": ssl.CERT_REQUIRED,
}
VERSIONS: Final = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}

_CERTIFICATES: Final = (b"-----BEGIN CERTIFICATE-----", b"-----BEGIN TRUSTED CERTIFICATE-----")
_KEYS: Final = (b"PRIVATE KEY-----",)


class TLSError(ConfigurationError):
    """What cannot be used, and which setting says so; `note` is what to do about it."""

    def __init__(self, setting: str, message: str, note: str = "") -> None:
        super().__init__(f"{setting}: {message}{': ' if note else ''}{note}")
        self.setting = setting
        self.message = message
        self.note = note


def make_context(
    files: PemFiles,
    password: str | None,
    *,
    cert_reqs: str = "none",
    ciphers: str | None = None,
    minimum: str = "1.2",
) -> ssl.SSLContext:
    """Make the context of a server. Raises TLSError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = VERSIONS[minimum]
    # Work that a client may ask for without end (CVE-2011-1473). OpenSSL 3 refuses it anyway, 1.1.1 does not.
    context.options |= ssl.OP_NO_RENEGOTIATION
    # So that a client which speaks HTTP/2 too knows before it speaks.
    context.set_alpn_protocols(["http/1.1"])
    load_pair(context, files, password)
    if files.authorities is not None:
        load_authorities(context, files.authorities)
    if ciphers:
        set_ciphers(context, ciphers)
    context.verify_mode = REQUIREMENTS[cert_reqs]
    return context


def load_pair(context: ssl.SSLContext, files: PemFiles, password: str | None) -> None:
    """Load certificate and key. Raises TLSError."""
    was_asked = False

    def answer() -> str:
        # Without a callback OpenSSL would ask at the terminal, and wait.
        nonlocal was_asked
        was_asked = True
        return password or ""

    setting = "keyfile" if files.key else "certfile"
    key = files.key or files.certificate
    try:
        with _as_path(files.certificate) as certificate, _as_path(key) as key_path:
            context.load_cert_chain(certificate, key_path, answer)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            message = f"the key in `{key.path}` is not that of the certificate in `{files.certificate.path}`"
            raise TLSError(setting, message) from None
        if was_asked and password is None:
            message = f"the key in `{key.path}` has a password"
            raise TLSError(setting, message, "set `keyfile_password`") from None
        if was_asked:
            message = f"the password does not open the key in `{key.path}`"
            raise TLSError("keyfile_password", message) from None
        raise _blame(files, error) from None
    except ValueError as error:  # a password that is too long
        message = f"the password of the key cannot be used: {error}"
        raise TLSError("keyfile_password", message) from None


def _blame(files: PemFiles, error: ssl.SSLError) -> TLSError:
    """Say which of the two files is no PEM of what it should be; OpenSSL says "PEM lib"."""
    certificate, key = files.certificate, files.key or files.certificate
    if not any(mark in certificate.octets for mark in _CERTIFICATES):
        return TLSError("certfile", f"there is no certificate as PEM in `{certificate.path}`")
    if not any(mark in key.octets for mark in _KEYS):
        message = f"there is no private key as PEM in `{key.path}`"
        return TLSError("keyfile", message) if files.key else TLSError("certfile", message, "set `keyfile`")
    why = f" ({error.reason})" if error.reason else ""
    return TLSError("certfile", f"the certificate in `{certificate.path}` cannot be used with its key{why}")


def load_authorities(context: ssl.SSLContext, authorities: PemFile) -> None:
    """Load whose certificates are believed. Raises TLSError."""
    try:
        if authorities.is_directory:
            context.load_verify_locations(capath=authorities.path)
        else:
            with _as_path(authorities) as path:
                context.load_verify_locations(path)
    except ssl.SSLError:
        message = f"there is no certificate as PEM in `{authorities.path}`"
        raise TLSError("ca_certs", message) from None


def set_ciphers(context: ssl.SSLContext, ciphers: str) -> None:
    """Choose ciphers. Raises TLSError."""
    try:
        context.set_ciphers(ciphers)
    except ssl.SSLError:
        raise TLSError("ciphers", f"OpenSSL knows none of the ciphers `{ciphers}`") from None


def require_server(context: ssl.SSLContext) -> None:
    """Raise what the first client would: of a context for clients, or of something else than a context."""
    context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_side=True)


@contextlib.contextmanager
def _as_path(file: PemFile) -> Iterator[str]:
    """Give octets a path, for OpenSSL reads files; it leads to memory, and nobody else can follow it."""
    fd = os.memfd_create("wsgid-pem")
    try:
        rest = memoryview(file.octets)
        while rest:
            rest = rest[os.write(fd, rest) :]
        yield f"/proc/self/fd/{fd}"
    finally:
        os.close(fd)
