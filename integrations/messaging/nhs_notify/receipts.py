"""News from NHS Notify: is it really from Notify, and what does it say (nhs-notify#news).

News may come twice, late and in any order: the caller lets statuses move forward only. Each event has a key that is its
own: Notify's, or where that is missing one made from what the event says.
"""

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from core.web.readable import readable
from integrations.messaging.channels import IN_THE_APP
from integrations.messaging.nhs_notify.errors import failure_code, failure_reason
from integrations.messaging.nhs_notify.status import REJECTED, app_status_of, status_of, supplier_word
from integrations.messaging.port import DeliveryStatus

MOST_EVENTS = 1_000

_NOT_READ = re.compile(r"\bnot\s+read\b", re.IGNORECASE)


class ReceiptCheck(StrEnum):
    """Whether a request is Notify's."""

    GENUINE = "genuine"
    WRONG_KEY = "wrong_key"
    WRONG_SIGNATURE = "wrong_signature"


@dataclass(frozen=True, slots=True)
class News:
    """One event. `channel` is empty where it is about the message as a whole.

    `reached_by` has the channels that have reached the patient. A status never seen is kept as it came, with None for
    ours. `is_read` says that the patient has opened the message in the app; `is_unread` that it is there and they have
    not, so that the plan has gone on. `code` is a failure's, made out from its description where that tells more.
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
    is_unread: bool = False
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
        events = readable(json.loads(body)["data"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return []
    if not isinstance(events, list):
        return []
    return [news for event in events[:MOST_EVENTS] if (news := _news(event)) is not None]


def _news(event: Any) -> News | None:
    try:
        kind, attributes = event["type"], event["attributes"]
        reference, at = UUID(attributes["messageReference"]), _moment(attributes["timestamp"])
        is_whole = kind == "MessageStatus"
        raw_status = str(attributes["messageStatus" if is_whole else "channelStatus"])[:40]
        channel = "" if is_whole else str(attributes["channel"])[:20]
        reached = _reached(attributes.get("channels")) if is_whole else ()
        provider_id = attributes["messageId"]
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None
    if not isinstance(provider_id, str) or not provider_id:
        return None
    supplier = supplier_word(attributes.get("supplierStatus")) if channel == IN_THE_APP else ""
    status = app_status_of(raw_status, supplier) if channel == IN_THE_APP else status_of(raw_status)
    has_failed, has_arrived = status is DeliveryStatus.FAILED, status is DeliveryStatus.DELIVERED
    about = "message" if is_whole else "channel"
    description = str(attributes.get(f"{about}StatusDescription") or "")[:500]
    given = str(attributes.get(f"{about}FailureReasonCode") or "")[:20]
    code = failure_code(given, description) if has_failed else given
    reached_by = reached if is_whole else ((channel,) if has_arrived else ())
    return News(
        key=_key(event),
        reference=reference,
        provider_id=provider_id[:40],
        channel=channel,
        raw_status=raw_status,
        status=status,
        at=at,
        reached_by=reached_by,
        is_read=has_arrived and IN_THE_APP in reached_by,
        is_unread=has_failed and (supplier not in ("", REJECTED) or bool(_NOT_READ.search(description))),
        code=code,
        reason=failure_reason(code) if has_failed else "",
    )


def _moment(written: str) -> datetime:
    """A moment with its time zone, in UTC. Raises ValueError, or OverflowError for one beyond the calendar's ends."""
    at = datetime.fromisoformat(written)
    if at.tzinfo is None:
        raise ValueError("a time without its zone")
    return at.astimezone(UTC)


def _key(event: dict[str, Any]) -> str:
    """What tells an event from every other: Notify's own key, which may be missing, or a digest of what it says."""
    meta = event.get("meta")
    given = meta.get("idempotencyKey") if isinstance(meta, dict) else None
    if given:
        return str(given)[:64]
    content = json.dumps([event["type"], event["attributes"]], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def _reached(channels: Any) -> tuple[str, ...]:
    """The channels of a message that have delivered it. One that cannot be read says nothing about the others."""
    return tuple(
        str(channel["type"])[:20]
        for channel in channels or ()
        if isinstance(channel, dict)
        and "type" in channel
        and status_of(str(channel.get("channelStatus", ""))) is DeliveryStatus.DELIVERED
    )
