"""What is needed to speak https."""

from typing import Annotated, Literal

from wsgid.config import types as t
from wsgid.config.about import About
from wsgid.config.sections.section import Section


class TLS(Section):
    """What is needed to speak https."""

    certfile: Annotated[
        t.PathOrNone,
        About("workers", "certificate, and its chain, as PEM", ("--certfile",), "FILE"),
    ] = None
    keyfile: Annotated[
        t.PathOrNone,
        About("workers", "private key of the certificate, as PEM", ("--keyfile",), "FILE"),
    ] = None
    keyfile_password: Annotated[
        t.SecretOrNone,
        About("workers", "password of the private key", is_gunicorn=False, is_secret=True),
    ] = None
    ca_certs: Annotated[
        t.PathOrNone,
        About(
            "workers",
            "authorities whose client certificates are believed, as PEM",
            ("--ca-certs",),
            "FILE",
        ),
    ] = None
    cert_reqs: Annotated[
        Literal["none", "optional", "required"],
        t.numbered_words("none", "optional", "required"),
        About(
            "workers",
            "whether clients show a certificate: none, optional, required",
            ("--cert-reqs",),
            "WORD",
        ),
    ] = "none"
    ciphers: Annotated[
        t.TextOrNone,
        About(
            "workers",
            "ciphers of TLS 1.2, as OpenSSL writes them",
            ("--ciphers",),
            "CIPHERS",
            default_words="those of Python's ssl",
        ),
    ] = None
    tls_minimum: Annotated[
        t.TlsVersion,
        About("workers", "oldest version of TLS: 1.2, 1.3", ("--tls-minimum",), "VERSION", is_gunicorn=False),
    ] = "1.2"
