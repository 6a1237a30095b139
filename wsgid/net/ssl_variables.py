"""What an application is told of a TLS connection: the variables of Apache's mod_ssl, by their names there.

It is told of a client's certificate only where clients are asked for one, and only of one that an authority
in `ca_certs` has signed: with any other there is no connection.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

# RFC 4514, 3, and what openssl(1) calls the rest: nameopt RFC2253, as mod_ssl has it.
SHORT_NAMES: Final = {
    "commonName": "CN",
    "countryName": "C",
    "domainComponent": "DC",
    "emailAddress": "emailAddress",
    "givenName": "GN",
    "localityName": "L",
    "organizationName": "O",
    "organizationalUnitName": "OU",
    "serialNumber": "serialNumber",
    "stateOrProvinceName": "ST",
    "streetAddress": "street",
    "surname": "SN",
    "userId": "UID",
}

_ESCAPED: Final = str.maketrans({mark: f"\\{mark}" for mark in '\\,+"<>;'})
_BELOW_SPACE: Final = 0x20
_DELETE: Final = 0x7F

# As SSLSocket.getpeercert() has it.
Name: TypeAlias = Sequence[Sequence[tuple[str, str]]]


def ssl_variables(tls: ssl.SSLObject | ssl.SSLSocket) -> dict[str, str]:
    """Return the variables of a connection whose handshake is complete.

    Values are native strings of PEP 3333: what is no ASCII in a name is the latin-1 of its UTF-8.
    """
    cipher = tls.cipher()
    found = {"SSL_PROTOCOL": tls.version() or "", "SSL_CIPHER": cipher[0] if cipher else ""}
    if tls.context.verify_mode == ssl.CERT_NONE:
        return found
    shown = tls.getpeercert(binary_form=True)
    if shown is None:
        return {**found, "SSL_CLIENT_VERIFY": "NONE"}
    return {**found, "SSL_CLIENT_VERIFY": "SUCCESS", **_certificate(tls, shown)}


def _certificate(tls: ssl.SSLObject | ssl.SSLSocket, shown: bytes) -> dict[str, str]:
    known: dict[str, Any] = tls.getpeercert() or {}
    subject, issuer = known.get("subject", ()), known.get("issuer", ())
    texts = {
        "SSL_CLIENT_S_DN": distinguished_name(subject),
        "SSL_CLIENT_I_DN": distinguished_name(issuer),
        "SSL_CLIENT_M_SERIAL": str(known.get("serialNumber", "")),
        "SSL_CLIENT_V_START": str(known.get("notBefore", "")),
        "SSL_CLIENT_V_END": str(known.get("notAfter", "")),
        "SSL_CLIENT_CERT": ssl.DER_cert_to_PEM_cert(shown),
    }
    texts.update(_common_names(subject, issuer))
    return {name: text.encode("utf-8", "backslashreplace").decode("latin-1") for name, text in texts.items()}


def _common_names(subject: Name, issuer: Name) -> Iterator[tuple[str, str]]:
    """Yield the one part of a name by which most applications know people."""
    for variable, name in (("SSL_CLIENT_S_DN_CN", subject), ("SSL_CLIENT_I_DN_CN", issuer)):
        found = [value for part in name for kind, value in part if kind == "commonName"]
        if found:
            yield variable, found[0]


def distinguished_name(name: Name) -> str:
    """Write a name as RFC 4514 has it: the last part first."""
    parts = [
        "+".join(f"{SHORT_NAMES.get(kind, kind)}={_escape(value)}" for kind, value in part)
        for part in reversed(name)
    ]
    return ",".join(parts)


def _escape(value: str) -> str:
    """RFC 4514, 2.4; control characters too, for a name may end in a log."""
    text = value.translate(_ESCAPED)
    text = "".join(
        f"\\{ord(one):02X}" if ord(one) < _BELOW_SPACE or ord(one) == _DELETE else one for one in text
    )
    if text.startswith(("#", " ")):
        text = f"\\{text}"
    if text.endswith(" ") and len(value) > 1:
        text = f"{text[:-1]}\\ "
    return text
