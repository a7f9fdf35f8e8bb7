"""Secure connections in which both sides show a certificate (gp-connect#mutual-tls)."""

import os
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from hashlib import sha256

import httpx

from integrations.clinical.port import NO_CERTIFICATES, Certificates

_CONTEXTS = 64
"""Practices whose contexts a process keeps: loading the trusted authorities takes longer than a call."""


class Unusable(ValueError):
    """Certificate, key and authorities cannot be loaded together. Says nothing of what stands in them."""


def context(certificates: Certificates = NO_CERTIFICATES) -> ssl.SSLContext:
    """How to connect with these, built once for the same ones: changed ones are other ones. Raises Unusable."""
    return _cached(_Key(certificates))


class _Key:
    """Certificates as the key of a cache: equal by a digest. The cache keeps no second copy of a private key."""

    def __init__(self, certificates: Certificates) -> None:
        parts = (certificates.certificate, certificates.key, certificates.authority)
        self._digest = sha256("\0".join(parts).encode()).digest()
        self.certificates: Certificates | None = certificates

    def __hash__(self) -> int:
        return hash(self._digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self._digest == other._digest


@lru_cache(_CONTEXTS)
def _cached(key: _Key) -> ssl.SSLContext:
    certificates, key.certificates = key.certificates, None
    assert certificates is not None  # taken once, by the call that builds
    return build(certificates)


def build(certificates: Certificates) -> ssl.SSLContext:
    """A context of its own: TLS 1.2 or newer, with names and dates checked. Raises Unusable."""
    try:
        if certificates.authority:
            made = ssl.create_default_context(cadata=certificates.authority)
            # An intermediate authority may be entered without its root. What is entered is trusted, and nothing else.
            made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        else:
            made = httpx.create_ssl_context()
        if certificates.certificate:
            with _readable_by_us(f"{certificates.certificate}\n{certificates.key}\n".encode()) as path:
                # A key that wants a passphrase must not have OpenSSL ask for it at the terminal.
                made.load_cert_chain(path, password=lambda: b"")
    except (ssl.SSLError, ValueError, OSError):
        raise Unusable("certificates cannot be loaded") from None
    return made


@contextmanager
def _readable_by_us(content: bytes) -> Iterator[str]:
    """A path to this content for as long as this is open: OpenSSL loads certificate and key from files alone.

    Memory where the system has files in it (Linux): then the key is never on a disk, whatever kills us meanwhile.
    Elsewhere a file that only this user may read, which is removed at once.
    """
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("certificate", os.MFD_CLOEXEC)
        path = f"/proc/self/fd/{descriptor}"
    else:
        descriptor, path = tempfile.mkstemp()
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            yield path
    finally:
        if not path.startswith("/proc/"):
            os.unlink(path)
