"""The sentence for each way in which certificate and key cannot be used, and what a context must have."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from wsgid.errors import ConfigurationError
from wsgid.net import pem
from wsgid.net.pem import PemFile, PemFiles, read_pem_files
from wsgid.net.tls import TLSError, make_context

HERE = Path(__file__).parents[2] / "integration" / "tls"


def files(
    certificate: str = "one.pem", key: str | None = "one.key", authorities: str | None = None
) -> PemFiles:
    return read_pem_files(
        str(HERE / certificate), key and str(HERE / key), authorities and str(HERE / authorities)
    )


def test_a_context_speaks_what_is_safe_today() -> None:
    context = make_context(files(), None)

    assert (ssl.TLSVersion.TLSv1_2, ssl.CERT_NONE) == (context.minimum_version, context.verify_mode)
    assert context.options & ssl.OP_NO_RENEGOTIATION
    assert ssl.TLSVersion.TLSv1_3 == make_context(files(), None, minimum="1.3").minimum_version


def test_clients_are_believed_by_the_authorities_that_are_named_and_by_no_others() -> None:
    context = make_context(files(authorities="authority.pem"), None, cert_reqs="required")

    assert ssl.CERT_REQUIRED == context.verify_mode
    assert {"x509": 1, "crl": 0, "x509_ca": 1} == context.cert_store_stats()


def test_a_directory_of_authorities_is_left_to_openssl(tmp_path: Path) -> None:
    found = read_pem_files(str(HERE / "one.pem"), str(HERE / "one.key"), str(tmp_path))

    assert found.authorities == PemFile(str(tmp_path), b"", is_directory=True)
    assert ssl.CERT_OPTIONAL == make_context(found, None, cert_reqs="optional").verify_mode


def test_a_key_may_stand_in_the_file_of_its_certificate() -> None:
    both = (HERE / "one.pem").read_bytes() + (HERE / "one.key").read_bytes()

    assert ssl.CERT_NONE == make_context(PemFiles(PemFile("both.pem", both)), None).verify_mode


@pytest.mark.parametrize(
    ("found", "password", "setting", "message"),
    [
        (files(key="other.key"), None, "keyfile", "is not that of the certificate"),
        (files(key="one.encrypted.key"), None, "keyfile", "has a password: set `keyfile_password`"),
        (files(key="one.encrypted.key"), "no", "keyfile_password", "the password does not open the key"),
        (files(key="one.encrypted.key"), "x" * 2000, "keyfile_password", "the password of the key cannot"),
        (files("one.key"), None, "certfile", "there is no certificate as PEM"),
        (files(key="one.pem"), None, "keyfile", "there is no private key as PEM"),
        (files(key=None), None, "certfile", "there is no private key as PEM"),
        (files(authorities="one.key"), None, "ca_certs", "there is no certificate as PEM"),
    ],
)
def test_each_mistake_has_its_sentence_and_its_setting(
    found: PemFiles, password: str | None, setting: str, message: str
) -> None:
    with pytest.raises(TLSError, match=message) as caught:
        make_context(found, password)

    assert setting == caught.value.setting


def test_a_key_is_never_shown() -> None:
    assert "PRIVATE" not in repr(files())


def test_what_cannot_be_read_is_told_with_its_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigurationError, match=r"certfile: cannot read .*none: No such file"):
        read_pem_files(str(tmp_path / "none"), None, None)
    with pytest.raises(ConfigurationError, match=r"keyfile: cannot read .*: Is a directory"):
        read_pem_files(str(HERE / "one.pem"), str(tmp_path), None)
    monkeypatch.setattr(pem, "LARGEST", 10)
    with pytest.raises(ConfigurationError, match="that is no PEM file"):
        read_pem_files(str(HERE / "one.pem"), None, None)
