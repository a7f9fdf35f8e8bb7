"""What a practice's record system may refuse, or not answer: the errors of `port.ClinicalSystem`, and their kinds."""

from enum import StrEnum


class ClinicalError(Exception):
    """Something the clinical system refused or did not answer. Never carries anything about the patient.

    `detail` is for logs: a Spine code, a status, never a name or a number.
    """

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail


class PatientNotFound(ClinicalError):
    """No such patient here, or one the system will not show: deceased, left, sensitive (gp-connect#patients)."""


class SeveralPatients(PatientNotFound):
    """More than one patient has this NHS number: a person must look, nothing may be booked or filed."""


class RecordFault(StrEnum):
    """What is wrong with the record behind an NHS number, so that nothing may be written to it."""

    BIRTH_DIFFERS = "birth_differs"
    NO_BIRTH = "no_birth"
    NOT_CHECKED = "not_checked"
    OTHER_NUMBER = "other_number"
    NOT_FOUND = "not_found"
    SEVERAL = "several"


class RecordMismatch(ClinicalError):
    """The record cannot be shown to be that of the patient whom the write is meant for: nothing was written.

    `fault` says why, and never what stands in the record.
    """

    def __init__(self, fault: RecordFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class InvalidNhsNumber(ClinicalError):
    """The system says the NHS number is not one."""


class SlotTaken(ClinicalError):
    """Somebody has this slot (it may be the same patient: read their appointments before telling anyone)."""


class SlotGone(ClinicalError):
    """The slot no longer exists or no longer may be booked."""


class BookingRefused(ClinicalError):
    """The practice's own rules or the request's content forbid this booking or cancellation."""


class VersionConflict(ClinicalError):
    """The appointment was changed by somebody else since it was read."""


class AppointmentNotFound(ClinicalError):
    """No appointment by that id."""


class NotAuthorised(ClinicalError):
    """Credentials, certificates or agreements are wrong: an administrator must mend the connection."""


class CertificateFault(StrEnum):
    """Which certificate keeps a call from being made, and why. The values are for logs."""

    OURS_MISSING = "our certificate: one is demanded, and none is stored"
    OURS_REFUSED = "our certificate: refused"
    OURS_EXPIRED = "our certificate: expired"
    OURS_UNUSABLE = "our certificate: cannot be loaded"
    THEIRS_UNKNOWN = "their certificate: from an authority that is not trusted"
    THEIRS_EXPIRED = "their certificate: expired"
    THEIRS_TOO_NEW = "their certificate: not valid yet"
    THEIRS_OTHER_HOST = "their certificate: for another host"
    THEIRS_REFUSED = "their certificate: not accepted"
    NO_TLS = "no certificates: they do not speak TLS"
    NO_COMMON_TLS = "no certificates: no form of TLS in common"


class CertificateRejected(NotAuthorised):
    """A certificate, ours or theirs, is wrong, so nothing was asked or done. An administrator must mend it.

    `detail` names which certificate and why, with the alert or the reason of OpenSSL, and nothing that stands in it.
    """

    def __init__(self, fault: CertificateFault, reason: str = "") -> None:
        super().__init__(f"{fault.value} ({reason})" if reason else fault.value)
        self.fault = fault


class ProxyRefused(NotAuthorised):
    """The proxy by which calls leave this network does not let them out: an operator must mend that."""


class LeadsInside(NotAuthorised):
    """The address leads to this network's own machines, so nothing was asked. An administrator must mend it."""


NO_SECURE_CONNECTION = (CertificateRejected, ProxyRefused, LeadsInside)
"""The way there is closed, whoever asks: neither a log-in that was not accepted, nor a system that is down."""


class NotEnabled(ClinicalError):
    """The practice has not switched this capability on (GP Connect's `ACCESS DENIED`)."""


class CodeNotAccepted(ClinicalError):
    """The record system refused the code, or took it and did not keep it. A person must file it."""


class KeyReused(CodeNotAccepted):
    """The gateway has this entry's key with other content: what it filed then may be in the record."""


class LocalCodeMissing(ClinicalError):
    """The system keeps a code only with a local one of its own, such as EMIS's, and nobody knows it for this one."""


class Busy(ClinicalError):
    """Down, overloaded or not answering, and nothing was changed: safe to try again after a while."""

    def __init__(self, detail: str = "", retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
        """Seconds to wait, where the system said so."""


class NetworkFault(StrEnum):
    """How far a call came that got no answer. The values are for logs."""

    NO_HOST = "no such host"
    REFUSED = "connection refused"
    TIMED_OUT = "timed out"
    CLOSED = "closed without an answer"
    PROXY_DOWN = "the proxy on the way out did not answer"
    PROXY_FAILED = "the proxy on the way out could not connect"
    BROKEN = "broken off"


class Unreachable(Busy):
    """No answer came, and nothing was changed; `fault` says how far the call came."""

    def __init__(self, fault: NetworkFault, reason: str = "") -> None:
        super().__init__(f"{reason}: {fault.value}" if reason else fault.value)
        self.fault = fault


class UnknownOutcome(ClinicalError):
    """A write was sent and no usable answer came back: it may have happened. Look before doing it again."""


class UnreadableAnswer(ClinicalError):
    """A read was answered with something that is not what the interface promises."""


class OtherNumber(UnreadableAnswer):
    """The record that was answered has another NHS number: it may have been merged, or its number replaced."""
