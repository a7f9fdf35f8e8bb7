"""A made-up certificate authority, as the Spine has a real one: for a stand-in that demands certificates."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Optional

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOSTS = ("127.0.0.1", "localhost")
YEAR = timedelta(days=365)
_BEGAN = timedelta(days=30)
"""Every certificate holds from so long ago."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and its private key, as PEM text."""

    certificate: str
    key: str = field(repr=False)


class Authority:
    """Issues certificates that are good for whoever trusts `certificate`, which is PEM text."""

    def __init__(
        self, name: str = "Made-up root", lasts: timedelta = YEAR, issuer: Optional["Authority"] = None
    ) -> None:
        """A new one each time, with a key of its own: a root, or an intermediate one of its `issuer`."""
        self._name, self._key = _named(name), ec.generate_private_key(ec.SECP256R1())
        builder = (issuer or self)._builder(self._name, self._key, lasts)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.certificate = (issuer or self)._signed(builder)

    def server(self, hosts: Sequence[str] = HOSTS, lasts: timedelta = YEAR) -> Issued:
        """For a server that is called by these names or IP addresses; expired when it lasts less than nothing."""
        names = x509.SubjectAlternativeName([_host(host) for host in hosts])
        return self._issue(hosts[0], lasts, ExtendedKeyUsageOID.SERVER_AUTH, names)

    def client(self, name: str = "selfbook.example.nhs.uk", lasts: timedelta = YEAR) -> Issued:
        """For a client that calls itself so; expired when it lasts less than nothing."""
        return self._issue(name, lasts, ExtendedKeyUsageOID.CLIENT_AUTH)

    def _issue(self, name: str, lasts: timedelta, usage: x509.ObjectIdentifier, *more: x509.ExtensionType) -> Issued:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(_named(name), key, lasts)
        for extension in (x509.BasicConstraints(ca=False, path_length=None), x509.ExtendedKeyUsage([usage]), *more):
            builder = builder.add_extension(extension, critical=False)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return Issued(self._signed(builder), private.decode())

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, lasts: timedelta
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return x509.CertificateBuilder(
            issuer_name=self._name,
            subject_name=subject,
            public_key=key.public_key(),
            serial_number=x509.random_serial_number(),
            not_valid_before=now - _BEGAN,
            not_valid_after=now + lasts,
        )

    def _signed(self, builder: x509.CertificateBuilder) -> str:
        return builder.sign(self._key, SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)
