"""News from NHS Notify: is it really from Notify, and what does it say (nhs-notify#news).

News may come twice, late and in any order: the caller keeps the idempotency keys, and lets statuses move forward only.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from integrations.messaging.nhs_notify.errors import failure_reason
from integrations.messaging.nhs_notify.status import status_of
from integrations.messaging.port import DeliveryStatus

MOST_EVENTS = 1_000


class ReceiptCheck(StrEnum):
    """Whether a request is Notify's."""

    GENUINE = "genuine"
    WRONG_KEY = "wrong_key"
    WRONG_SIGNATURE = "wrong_signature"


@dataclass(frozen=True, slots=True)
class News:
    """One event. `channel` is empty where it is about the message as a whole.

    `reached_by` has the channels that Notify calls delivered. A status never seen is kept as it came, with None for
    ours. `is_read` says that the patient has opened the message in the app.
    """

    key: str
    reference: UUID
    provider_id: str
    channel: str
    raw_status: str
    status: DeliveryStatus | None
    at: datetime
    reached_by: tuple[str, ...] = ()
    is_read: bool = False
    code: str = ""
    reason: str = ""


def verify(body: bytes, *, key: str, signature: str, application_id: str, api_key: str) -> ReceiptCheck:
    """Whether Notify, for this application, signed just these bytes. Nothing of the body is read before this is so.

    Both are compared in full, so that the time taken tells nothing.
    """
    if not api_key or not hmac.compare_digest(key.encode(errors="replace"), api_key.encode()):
        return ReceiptCheck.WRONG_KEY
    wanted = hmac.new(f"{application_id}.{api_key}".encode(), body, hashlib.sha256).hexdigest()
    given = signature.encode(errors="replace")
    is_right = bool(application_id) and hmac.compare_digest(given, wanted.encode())
    return ReceiptCheck.GENUINE if is_right else ReceiptCheck.WRONG_SIGNATURE


def parse(body: bytes) -> list[News]:
    """The events of a verified body that are about messages of ours; others, and what is none, are left out."""
    try:
        events = json.loads(body)["data"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return []
    if not isinstance(events, list):
        return []
    return [news for event in events[:MOST_EVENTS] if (news := _news(event)) is not None]


def _news(event: Any) -> News | None:
    try:
        kind, attributes = event["type"], event["attributes"]
        reference, at = UUID(attributes["messageReference"]), datetime.fromisoformat(attributes["timestamp"])
        is_whole = kind == "MessageStatus"
        raw_status = str(attributes["messageStatus" if is_whole else "channelStatus"])[:40]
        key, provider_id = str(event["meta"]["idempotencyKey"])[:64], str(attributes["messageId"])[:40]
        channel = "" if is_whole else str(attributes["channel"])[:20]
        reached = _reached(attributes.get("channels", [])) if is_whole else ()
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    if at.tzinfo is None or not key:
        return None
    status = status_of(raw_status)
    code = str(attributes.get("messageFailureReasonCode" if is_whole else "channelFailureReasonCode") or "")[:20]
    return News(
        key=key,
        reference=reference,
        provider_id=provider_id,
        channel=channel,
        raw_status=raw_status,
        status=status,
        at=at,
        reached_by=reached if is_whole else ((channel,) if status is DeliveryStatus.DELIVERED else ()),
        is_read=channel == "nhsapp" and attributes.get("supplierStatus") == "read",
        code=code,
        reason=failure_reason(code) if status is DeliveryStatus.FAILED else "",
    )


def _reached(channels: Any) -> tuple[str, ...]:
    """The channels of a message that have delivered it."""
    return tuple(
        str(channel["type"])[:20]
        for channel in channels
        if status_of(channel["channelStatus"]) is DeliveryStatus.DELIVERED
    )
