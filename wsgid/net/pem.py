"""Certificate, key and authorities as octets, read once a generation by whoever may read them.

The arbiter reads them, so a key may be root's alone whoever the workers are, and a worker that is started
while somebody renews the files has what the others have. Nothing here knows what the octets mean: ssl is for
workers (tls.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from wsgid.errors import ConfigurationError

# A chain has some KB, the authorities of a whole browser 230 KB; a path to something else may never end.
LARGEST = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class PemFile:
    """A file as it was when it was read, and its path for what is said of it; a directory has no octets."""

    path: str
    octets: bytes = field(repr=False)
    is_directory: bool = False


class PemFiles(NamedTuple):
    """What a server shows of itself, and whom it believes."""

    certificate: PemFile
    # None: it is in the file of the certificate.
    key: PemFile | None = None
    # None: no client shows a certificate.
    authorities: PemFile | None = None


def read_pem_files(certfile: str, keyfile: str | None, ca_certs: str | None) -> PemFiles:
    """Read them. Raises ConfigurationError."""
    return PemFiles(
        _read("certfile", certfile),
        _read("keyfile", keyfile) if keyfile else None,
        _read("ca_certs", ca_certs) if ca_certs else None,
    )


def _read(setting: str, path: str) -> PemFile:
    try:
        if setting == "ca_certs" and Path(path).is_dir():
            # One that c_rehash(1) has made: OpenSSL looks into it when a client comes.
            return PemFile(str(Path(path).absolute()), b"", is_directory=True)
        with Path(path).open("rb") as file:
            octets = file.read(LARGEST + 1)
    except OSError as error:
        message = f"{setting}: cannot read {path}: {error.strerror}"
        raise ConfigurationError(f"{message}; the user who starts the server must be able to") from error
    if len(octets) > LARGEST:
        raise ConfigurationError(f"{setting}: {path} has more than {LARGEST >> 20} MB: that is no PEM file")
    return PemFile(path, octets)
