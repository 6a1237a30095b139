"""Names of certificates as an application reads them, and as nobody can forge them."""

from __future__ import annotations

import pytest

from wsgid.net.ssl_variables import distinguished_name


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ([[("countryName", "DE")], [("commonName", "a")]], "CN=a,C=DE"),
        ([[("commonName", "a"), ("userId", "7")]], "CN=a+UID=7"),
        ([[("commonName", "a,O=b")]], "CN=a\\,O=b"),
        ([[("commonName", 'a"+;<>\\')]], 'CN=a\\"\\+\\;\\<\\>\\\\'),
        ([[("commonName", "#a")], [("commonName", " a ")]], "CN=\\ a\\ ,CN=\\#a"),
        ([[("commonName", "a\nb\0")]], "CN=a\\0Ab\\00"),
        ([[("1.2.3", "a")]], "1.2.3=a"),
        ([], ""),
    ],
)
def test_a_name_is_written_as_rfc_4514_has_it(name: list[list[tuple[str, str]]], text: str) -> None:
    assert text == distinguished_name(name)
