"""How NHS Notify says that a message or a channel has failed: a code, a description, or both (nhs-notify#statuses)."""

from typing import Any

NOT_READ = "Message not read in specified time frame"

_DESCRIPTIONS = {
    "PDSV_0002": "Contact detail is missing",
    "PDSV_0004": "NHS number not found",
    "PDSV_0006": "Patient does not exist in PDS",
    "PDSV_0008": "patient record invalidated",
    "PDSV_0110": "Patient has exit code",
    "PDSV_0111": "Patient is informally dead",
    "PDSV_0112": "Patient is formally dead",
    "SUPE_0007": "The provider could not deliver the message.",
}


def failure_of(about: str, reason: str) -> dict[str, Any]:
    """The attributes that say why a `message` or a `channel` failed, by its code or, where it has none, in words."""
    if not reason:
        return {}
    if not reason.startswith(("MFR_", "CFR_")):
        return {f"{about}StatusDescription": reason}
    described = _DESCRIPTIONS.get(reason.partition("_")[2])
    words = {f"{about}StatusDescription": f"Failed reason: {described}"} if described else {}
    return {f"{about}FailureReasonCode": reason, **words}
