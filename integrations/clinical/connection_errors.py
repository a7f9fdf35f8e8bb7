"""What it means that a call got no answer: whose certificate is wrong, or how far it came (gp-connect#mutual-tls).

Read from the kinds and codes of errors, never from their words, which name hosts.
"""

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx

from integrations.clinical.certificates import ends_at
from integrations.clinical.errors import (
    CertificateFault,
    CertificateRejected,
    ClinicalError,
    NetworkFault,
    ProxyRefused,
    Unreachable,
)
from integrations.clinical.port import Certificates

# X509_V_ERR_… of OpenSSL.
_BY_VERIFY_CODE = {
    2: CertificateFault.THEIRS_UNKNOWN,  # its issuer is not there
    9: CertificateFault.THEIRS_TOO_NEW,
    10: CertificateFault.THEIRS_EXPIRED,
    18: CertificateFault.THEIRS_UNKNOWN,  # self-signed
    19: CertificateFault.THEIRS_UNKNOWN,  # a self-signed root that is not trusted
    20: CertificateFault.THEIRS_UNKNOWN,  # its issuer is not there locally
    21: CertificateFault.THEIRS_UNKNOWN,  # a chain of one that leads nowhere
    62: CertificateFault.THEIRS_OTHER_HOST,  # a name
    64: CertificateFault.THEIRS_OTHER_HOST,  # an IP address
}
# What is left of a TLS alert's name without its version. With TLS 1.3 it comes with the first read.
_BY_ALERT = {
    "CERTIFICATE_REQUIRED": CertificateFault.OURS_MISSING,
    "CERTIFICATE_EXPIRED": CertificateFault.OURS_EXPIRED,
    "ACCESS_DENIED": CertificateFault.OURS_REFUSED,
    "BAD_CERTIFICATE": CertificateFault.OURS_REFUSED,
    "CERTIFICATE_REVOKED": CertificateFault.OURS_REFUSED,
    "CERTIFICATE_UNKNOWN": CertificateFault.OURS_REFUSED,
    "DECRYPT_ERROR": CertificateFault.OURS_REFUSED,
    "HANDSHAKE_FAILURE": CertificateFault.OURS_REFUSED,
    "NO_CERTIFICATE": CertificateFault.OURS_REFUSED,
    "UNKNOWN_CA": CertificateFault.OURS_REFUSED,
    "UNSUPPORTED_CERTIFICATE": CertificateFault.OURS_REFUSED,
    "PROTOCOL_VERSION": CertificateFault.NO_COMMON_TLS,
    "INSUFFICIENT_SECURITY": CertificateFault.NO_COMMON_TLS,
}
_BY_REASON = {
    "WRONG_VERSION_NUMBER": CertificateFault.NO_TLS,
    "HTTP_REQUEST": CertificateFault.NO_TLS,
    "PACKET_LENGTH_TOO_LONG": CertificateFault.NO_TLS,
    "UNSUPPORTED_PROTOCOL": CertificateFault.NO_COMMON_TLS,
    "NO_PROTOCOLS_AVAILABLE": CertificateFault.NO_COMMON_TLS,
    "DH_KEY_TOO_SMALL": CertificateFault.NO_COMMON_TLS,
}
_PASSING_PROXY_STATUSES = {"429", "500", "502", "503", "504"}

# Web servers that end TLS for others take any certificate, and refuse it in HTML.
_REFUSAL_STATUSES = {400, 401, 403, 495, 496}
_MISSING = (b"no required ssl certificate", b"client certificate required", b"requires a client certificate")
_WRONG = (b"ssl certificate error", b"client certificate")


def error_of(error: httpx.TransportError, certificates: Certificates, *, by_proxy: bool) -> ClinicalError:
    """What a call's end without an answer means: CertificateRejected, ProxyRefused, or else Unreachable.

    `by_proxy`: it was to leave by the proxy.
    """
    if isinstance(error, httpx.ProxyError):
        status = str(error)[:3]
        if status in _PASSING_PROXY_STATUSES:
            return Unreachable(NetworkFault.PROXY_FAILED, status)
        return ProxyRefused(f"the proxy on the way out answered {status if status.isdigit() else ''}".strip())
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError) and (rejected := _rejected(cause, certificates)) is not None:
            return rejected
    fault = _network_fault(error, by_proxy=by_proxy)
    if fault == NetworkFault.CLOSED and _ours_has_expired(certificates):
        # Some only close the connection on a certificate that they do not take.
        return CertificateRejected(CertificateFault.OURS_EXPIRED, fault.value)
    return Unreachable(fault, type(error).__name__)


def refusal_of(
    status: int, content_type: str, content: bytes, certificates: Certificates
) -> CertificateRejected | None:
    """The refusal of our certificate in an answer of a web server that stands before the system; None in any other.

    Such an answer is a page, and the request went no further.
    """
    if status not in _REFUSAL_STATUSES or not content_type.startswith(("text/html", "text/plain")):
        return None
    page = content[:4096].lower()
    if status == 496 or any(phrase in page for phrase in _MISSING):
        return _ours(CertificateFault.OURS_MISSING, str(status), certificates)
    if status == 495 or any(phrase in page for phrase in _WRONG):
        return _ours(CertificateFault.OURS_REFUSED, str(status), certificates)
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _rejected(error: ssl.SSLError, certificates: Certificates) -> CertificateRejected | None:
    """What an error of OpenSSL's says of a certificate; None where it says nothing of any."""
    reason = error.reason or ""
    if isinstance(error, ssl.SSLCertVerificationError):
        fault = _BY_VERIFY_CODE.get(error.verify_code, CertificateFault.THEIRS_REFUSED)
        return CertificateRejected(fault, f"verify code {error.verify_code}")
    _, _, alert = reason.partition("_ALERT_")
    if alert in _BY_ALERT:
        return _ours(_BY_ALERT[alert], alert.lower(), certificates)
    return CertificateRejected(_BY_REASON[reason], reason.lower()) if reason in _BY_REASON else None


def _ours(fault: CertificateFault, reason: str, certificates: Certificates) -> CertificateRejected:
    """The same, put right by what we know ourselves: whether there is a certificate at all, and until when it held."""
    if fault in (CertificateFault.OURS_MISSING, CertificateFault.OURS_REFUSED):
        if not certificates.certificate:
            fault = CertificateFault.OURS_MISSING
        elif _ours_has_expired(certificates):
            fault = CertificateFault.OURS_EXPIRED
        else:
            # "Required", though we have one: it was not sent, because no authority that they name has issued it.
            fault = CertificateFault.OURS_REFUSED
    return CertificateRejected(fault, reason)


def _ours_has_expired(certificates: Certificates) -> bool:
    ends = ends_at(certificates.certificate) if certificates.certificate else None
    return ends is not None and ends <= datetime.now(UTC)


def _network_fault(error: httpx.TransportError, *, by_proxy: bool) -> NetworkFault:
    causes = list(_causes(error))
    if isinstance(error, httpx.RemoteProtocolError) or any(
        isinstance(cause, (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError, ssl.SSLZeroReturnError))
        for cause in causes
    ):
        return NetworkFault.CLOSED
    if by_proxy and isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout)):
        return NetworkFault.PROXY_DOWN
    if isinstance(error, httpx.TimeoutException):
        return NetworkFault.TIMED_OUT
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return NetworkFault.NO_HOST
    return NetworkFault.REFUSED if isinstance(error, httpx.ConnectError) else NetworkFault.BROKEN
