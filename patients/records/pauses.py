"""Waiting for a clinical system that does not answer, or lets nobody in: why, and for how long."""

from datetime import timedelta

from core.errors import reason_for
from integrations.clinical import errors
from patients.models import Pause

_GROWING = [timedelta(seconds=seconds) for seconds in (10, 30, 60, 120, 300)]
_MENDING = timedelta(minutes=10)
"""A connection that an administrator must mend is tried again this often."""

_LONGEST = timedelta(minutes=15)

_PAUSE_FOR: dict[type[errors.ClinicalError], Pause] = {
    errors.ClinicalError: Pause.UNREACHABLE,
    errors.CertificateRejected: Pause.CERTIFICATE,
    errors.ProxyRefused: Pause.CERTIFICATE,
    errors.LeadsInside: Pause.CERTIFICATE,
    errors.NotAuthorised: Pause.NOT_AUTHORISED,
    errors.NotEnabled: Pause.NOT_ENABLED,
}


def pause_for(error: errors.ClinicalError) -> Pause:
    """Why nothing is asked for a while, after an error that speaks of the whole system."""
    return reason_for(error, _PAUSE_FOR)


def wait(reason: Pause, failures: int, error: errors.ClinicalError | None) -> timedelta:
    """How long nothing is asked: longer after each of so many failures before, or as long as the system itself says."""
    usual = _GROWING[min(failures, len(_GROWING) - 1)] if reason == Pause.UNREACHABLE else _MENDING
    if isinstance(error, errors.Busy) and error.retry_after is not None:
        return min(max(usual, timedelta(seconds=error.retry_after)), _LONGEST)
    return usual
