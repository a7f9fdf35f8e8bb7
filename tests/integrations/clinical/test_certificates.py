"""Certificates and keys as administrators have them: what is taken, and what refusals say (gp-connect#mutual-tls)."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import pkcs12

from integrations.clinical.certificates import Part, Unreadable, as_pem, ends_at, faults, in_order
from integrations.clinical.port import Certificates
from integrations.sandbox.network.authority import Authority, Issued

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
SPINE, OTHER = Authority("Spine"), Authority("Another")
OURS = SPINE.client()
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER
PLAIN = serialization.NoEncryption()


def given(certificate: str = OURS.certificate, key: str = OURS.key, authority: str = SPINE.certificate) -> Certificates:
    return in_order(Certificates(certificate, key, authority))


def fault(certificates: Certificates, now: datetime = NOW) -> tuple[Part, str]:
    """The one thing that is wrong."""
    ((part, message),) = faults(certificates, now).items()
    return part, message


def loaded(issued: Issued) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = serialization.load_pem_private_key(issued.key.encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return x509.load_pem_x509_certificate(issued.certificate.encode()), key


def protected(issued: Issued, form: serialization.PrivateFormat) -> str:
    locked = serialization.BestAvailableEncryption(b"a passphrase")
    return loaded(issued)[1].private_bytes(PEM, form, locked).decode()


@pytest.mark.parametrize(
    "certificates",
    [
        given(),
        given(authority=""),
        given("", ""),
        given("", "", ""),
        given(certificate=OURS.certificate + SPINE.certificate),
        given(certificate=SPINE.certificate + OURS.certificate),
        given(authority=SPINE.certificate + OTHER.certificate),
        given(certificate=f"Bag Attributes\n  friendlyName: ours\n{OURS.certificate}", key=f"Key:\n{OURS.key}\n\n"),
        given(certificate=OURS.certificate.replace("\n", "\r\n"), key=OURS.key.replace("\n", "\r\n")),
        given(certificate=OURS.key + OURS.certificate, key=""),
        given(certificate=f"\ufeff{OURS.certificate}"),
        given(key=loaded(OURS)[1].private_bytes(PEM, serialization.PrivateFormat.TraditionalOpenSSL, PLAIN).decode()),
    ],
    ids=[
        *("all three", "no authority", "authority alone", "nothing", "a chain", "a chain the wrong way round"),
        *("two authorities", "words around", "lines of Windows", "key with the certificate", "a mark before", "EC key"),
    ],
)
def test_what_can_be_used_is_taken(certificates: Certificates) -> None:
    assert faults(certificates, NOW) == {}


def test_a_chain_begins_with_our_own() -> None:
    assert given(certificate=SPINE.certificate + OURS.certificate).certificate.startswith(OURS.certificate.strip())


def test_a_key_comes_out_of_the_certificate_s_file_only_where_none_was_entered() -> None:
    both = OURS.certificate + OURS.key
    assert "PRIVATE" not in given(certificate=both, key="").certificate
    assert given(certificate=both, key="").key == OURS.key.strip()
    assert given(certificate=both, key=OTHER.client().key).key != OURS.key.strip()


@pytest.mark.parametrize(
    ("certificates", "part", "words"),
    [
        (given(certificate="hello"), Part.CERTIFICATE, "not a certificate in PEM form"),
        (given(certificate=OURS.certificate.replace("M", "N")), Part.CERTIFICATE, "not a certificate in PEM form"),
        (given(certificate="", key=OURS.key), Part.CERTIFICATE, "Enter the certificate too"),
        (given(key=""), Part.KEY, "Enter the key too"),
        (given(key="hello"), Part.KEY, "not a private key in PEM form"),
        (given(key=OURS.certificate), Part.KEY, "not a private key in PEM form"),
        (given(key=SPINE.client().key), Part.KEY, "does not belong to the certificate"),
        (given(key=OURS.key + SPINE.client().key), Part.KEY, "one private key, not several"),
        (given(key=protected(OURS, serialization.PrivateFormat.PKCS8)), Part.KEY, "protected by a passphrase"),
        (
            given(key=protected(OURS, serialization.PrivateFormat.TraditionalOpenSSL)),
            Part.KEY,
            "protected by a passphrase",
        ),
        (given(authority="hello"), Part.AUTHORITY, "not a certificate in PEM form"),
        (given(authority=OURS.key), Part.AUTHORITY, "holds a private key"),
        (given(authority=SPINE.certificate + OURS.key), Part.AUTHORITY, "holds a private key"),
        (given(authority=OURS.certificate), Part.AUTHORITY, "certificate of an authority"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(certificates: Certificates, part: Part, words: str) -> None:
    where, message = fault(certificates)
    assert where == part
    assert words in message


def test_dates_count() -> None:
    old = SPINE.client(lasts=-DAY)
    assert fault(given(old.certificate, old.key))[0] == Part.CERTIFICATE
    assert "This certificate expired on" in fault(given(old.certificate, old.key))[1]
    assert "is valid only from" in faults(given(), NOW - 60 * DAY)[Part.CERTIFICATE]
    gone = Authority("Gone", lasts=-DAY)
    assert "One of these certificates expired" in fault(given(authority=SPINE.certificate + gone.certificate))[1]


def test_a_server_s_certificate_is_not_for_clients() -> None:
    server = SPINE.server()
    assert "not for clients" in fault(given(server.certificate, server.key))[1]


def test_a_key_that_is_too_short_is_found_when_it_is_entered() -> None:
    key = rsa.generate_private_key(65537, 1024)
    name = x509.Name([])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW - DAY, NOW + DAY)
    certificate = builder.sign(key, SHA256())
    written = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, PLAIN).decode()
    assert "too short" in fault(given(certificate.public_bytes(PEM).decode(), written))[1]


def test_files_in_binary_form_are_taken() -> None:
    certificate, key = loaded(OURS)
    assert as_pem(certificate.public_bytes(DER)) == OURS.certificate
    assert as_pem(key.private_bytes(DER, serialization.PrivateFormat.PKCS8, PLAIN)) == OURS.key
    assert as_pem(OURS.certificate.encode()) == OURS.certificate


def test_other_files_are_refused_in_words() -> None:
    certificate, key = loaded(OURS)
    container = pkcs12.serialize_key_and_certificates(
        b"ours", key, certificate, None, serialization.BestAvailableEncryption(b"secret")
    )
    with pytest.raises(Unreadable, match=r"PKCS#12 .* openssl pkcs12"):
        as_pem(container)
    locked = key.private_bytes(DER, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"secret"))
    with pytest.raises(Unreadable, match="protected by a passphrase"):
        as_pem(locked)
    for content in (b"", b"hello", b"\x89PNG", bytes(range(256))):
        with pytest.raises(Unreadable, match="neither a certificate nor a private key"):
            as_pem(content)


def test_the_first_end_counts() -> None:
    soon = Authority("Soon", lasts=9 * DAY)
    end = ends_at(SPINE.certificate + soon.certificate)
    assert end is not None
    assert timedelta(days=8) < end - NOW < timedelta(days=10)
    assert ends_at("") is None
    assert ends_at("hello") is None


def test_nothing_is_shown_of_them() -> None:
    assert "BEGIN" not in repr(given())
