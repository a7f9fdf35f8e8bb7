"""Certificates and keys as an administrator enters them: read, put in order, and what is wrong with them in words.

Nothing here repeats what stands in them, but for the dates until when they hold.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID

from core.wording import local, nhs_date
from integrations.clinical.port import Certificates
from integrations.clinical.tls import Unusable, build

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
_PKCS12 = re.compile(rb"\x30[\x80-\xff]?.{0,4}\x02\x01\x03\x30", re.DOTALL)
"""How the bytes of a PKCS#12 file begin: a sequence of the version, 3, and another sequence (RFC 7292)."""

_NO_CERTIFICATE = "This is not a certificate in PEM form. It begins with -----BEGIN CERTIFICATE-----."
_NO_KEY = "This is not a private key in PEM form. It begins with -----BEGIN PRIVATE KEY-----."
_PROTECTED = (
    "This key is protected by a passphrase, which nobody could type in here at each call. "
    "Take it off with: openssl pkey -in key.pem -out plain.pem"
)
_OTHER_KEY = "This key does not belong to the certificate. Enter the two that were issued together."
_KEY_MISSING = "A certificate works only with its private key. Enter the key too."
_CERTIFICATE_MISSING = "A private key works only with its certificate. Enter the certificate too."
_NOT_FOR_CLIENTS = "This certificate is not for clients. Ask for one that may be used for client authentication."
_NO_AUTHORITY = (
    "None of these is the certificate of an authority. Enter the Spine's root and intermediate certificates."
)
_KEY_AS_AUTHORITY = "This holds a private key. Only certificates belong here."
_CONTAINER = (
    "This is a PKCS#12 file (.p12 or .pfx). Take certificate and key out of it with: "
    "openssl pkcs12 -in file.p12 -nodes -out both.pem"
)


class Part(StrEnum):
    """Which of the three something is wrong with; also the names of the stored fields."""

    CERTIFICATE = "client_certificate"
    KEY = "client_key"
    AUTHORITY = "spine_ca"


class Unreadable(ValueError):
    """What was entered is not what it should be; the message says so to an administrator, with the remedy."""


def as_pem(content: bytes) -> str:
    """An uploaded file as PEM text, whether it is that already or in binary form (DER). Raises Unreadable."""
    if b"-----BEGIN " in content:
        return content.decode("utf-8", errors="replace")
    if _PKCS12.match(content):
        raise Unreadable(_CONTAINER)
    try:
        return x509.load_der_x509_certificate(content).public_bytes(serialization.Encoding.PEM).decode()
    except ValueError:
        pass
    try:
        key = serialization.load_der_private_key(content, None)
    except TypeError:
        raise Unreadable(_PROTECTED) from None
    except (ValueError, UnsupportedAlgorithm):
        raise Unreadable("This file is neither a certificate nor a private key.") from None
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()


def blocks(text: str, label: str) -> list[str]:
    """The PEM blocks whose label ends so, without what programs and people write around them."""
    return [match[0] for match in _BLOCK.finditer(text.replace("\r\n", "\n")) if match[1].endswith(label)]


def in_order(certificates: Certificates) -> Certificates:
    """The same with nothing around the PEM blocks, and first the certificate that the key belongs to.

    A key that was entered together with its certificate is taken from there, where none stands by itself. What is not
    PEM at all stays as it is: `faults` says what is wrong with it.
    """
    chain = blocks(certificates.certificate, "CERTIFICATE")
    keys = blocks(certificates.key, "PRIVATE KEY") or (
        [] if certificates.key.strip() else blocks(certificates.certificate, "PRIVATE KEY")
    )
    if chain and len(keys) == 1:
        chain.sort(key=lambda certificate: not _belong(certificate, keys[0]))
    authority = certificates.authority
    # A key among the authorities is left where it is, to be refused.
    authorities = [] if blocks(authority, "PRIVATE KEY") else blocks(authority, "CERTIFICATE")
    return Certificates(
        "\n".join(chain) or certificates.certificate.strip(),
        "\n".join(keys) or certificates.key.strip(),
        "\n".join(authorities) or authority.strip(),
    )


def ends_at(text: str) -> datetime | None:
    """When the first of these certificates to run out does so; None where there are none that can be read."""
    try:
        return min((certificate.not_valid_after_utc for certificate in _certificates(text)), default=None)
    except Unreadable:
        return None


def faults(certificates: Certificates, now: datetime) -> dict[Part, str]:
    """What is wrong with certificate, key and authorities, in words with the remedy; empty when they can be used."""
    wrong = _client_faults(certificates, now)
    if certificates.authority:
        try:
            _check_authorities(certificates.authority, now)
        except Unreadable as error:
            wrong[Part.AUTHORITY] = str(error)
    if not wrong:
        try:
            build(certificates)
        except Unusable:
            wrong[Part.CERTIFICATE] = "These cannot be used for a secure connection. Perhaps the key is too short."
    return wrong


def _client_faults(certificates: Certificates, now: datetime) -> dict[Part, str]:
    if bool(certificates.certificate) != bool(certificates.key):
        if certificates.certificate:
            return {Part.KEY: _KEY_MISSING}
        return {Part.CERTIFICATE: _CERTIFICATE_MISSING}
    wrong: dict[Part, str] = {}
    for part, check in ((Part.CERTIFICATE, _check_client), (Part.KEY, _check_key)):
        try:
            if certificates.certificate:
                check(certificates, now)
        except Unreadable as error:
            wrong[part] = str(error)
    return wrong


def _check_client(certificates: Certificates, now: datetime) -> None:
    chain = _certificates(certificates.certificate)
    _check_dates(chain, now)
    try:
        usage = chain[0].extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        return  # for anything
    if not {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE} & set(usage):
        raise Unreadable(_NOT_FOR_CLIENTS)


def _check_key(certificates: Certificates, _now: datetime) -> None:
    keys = blocks(certificates.key, "PRIVATE KEY")
    if len(keys) != 1:
        raise Unreadable("Enter one private key, not several." if keys else _NO_KEY)
    _key(keys[0])
    chain = blocks(certificates.certificate, "CERTIFICATE")
    # Of what is no certificate something else has been said.
    if chain and all(map(ends_at, chain)) and not any(_belong(certificate, keys[0]) for certificate in chain):
        raise Unreadable(_OTHER_KEY)


def _check_authorities(text: str, now: datetime) -> None:
    if blocks(text, "PRIVATE KEY"):
        raise Unreadable(_KEY_AS_AUTHORITY)
    authorities = _certificates(text)
    _check_dates(authorities, now)
    if not any(_is_authority(certificate) for certificate in authorities):
        raise Unreadable(_NO_AUTHORITY)


def _check_dates(certificates: Sequence[x509.Certificate], now: datetime) -> None:
    for certificate in certificates:
        if certificate.not_valid_after_utc <= now:
            when = nhs_date(local(certificate.not_valid_after_utc).date(), weekday=False)
            which = "This certificate" if len(certificates) == 1 else "One of these certificates"
            raise Unreadable(f"{which} expired on {when}. Enter one that is valid.")
        if certificate.not_valid_before_utc > now:
            when = nhs_date(local(certificate.not_valid_before_utc).date(), weekday=False)
            raise Unreadable(f"A certificate here is valid only from {when}. Enter one that is valid now.")


def _certificates(text: str) -> list[x509.Certificate]:
    """The certificates in a text, one at least. Raises Unreadable."""
    written = blocks(text, "CERTIFICATE")
    if not written:
        raise Unreadable(_NO_CERTIFICATE)
    try:
        return [x509.load_pem_x509_certificate(block.encode()) for block in written]
    except ValueError:
        raise Unreadable(_NO_CERTIFICATE) from None


def _key(block: str) -> PrivateKeyTypes:
    """The private key in a PEM block. Raises Unreadable."""
    try:
        return serialization.load_pem_private_key(block.encode(), None)
    except TypeError:
        raise Unreadable(_PROTECTED) from None
    except (ValueError, UnsupportedAlgorithm):
        raise Unreadable(_NO_KEY) from None


def _belong(certificate: str, key: str) -> bool:
    """Whether these PEM blocks are a pair; False where one cannot be read."""
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    try:
        loaded = _certificates(certificate)[0]
        return loaded.public_key().public_bytes(*form) == _key(key).public_key().public_bytes(*form)
    except (Unreadable, ValueError, UnsupportedAlgorithm):
        return False


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        # Old roots of version 1 have no extensions.
        return certificate.issuer == certificate.subject
    except ValueError:
        return False
