"""Who of a practice's patients has the NHS App, as NHS Notify lists them: kept for a while, for staff's plans only.

No message is sent or held back by it: NHS Notify makes the list once a day, and finds out by itself whom it reaches.
The list is personal data, and goes when it is old, or when the practice sends its own texts only.
"""

import logging
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from core.database import release
from core.hints import hint
from integrations.connections import NotConnected, notify_account_of, routing_of
from integrations.messaging.nhs_notify.channel import NotifyChannel
from integrations.messaging.port import LookUpFailed
from integrations.models import AppUsers, NotifyConnection, Routing
from practices.models import Practice

logger = logging.getLogger(__name__)

FRESH = timedelta(hours=24)
"""NHS Notify makes the list anew once a day (nhs-notify#app-users)."""

ASK_AGAIN = timedelta(minutes=10)
"""After a question that nobody has answered, or that failed. A list of a million patients is read in less."""

RETENTION = timedelta(days=7)

_NHS_NUMBER = re.compile(r"[0-9]{10}")

_ASK = """
INSERT INTO integrations_appusers (practice_id, asked_at, told, untold)
VALUES (%(practice)s, %(now)s, '{}', '{}')
ON CONFLICT (practice_id) DO UPDATE SET asked_at = excluded.asked_at
WHERE integrations_appusers.asked_at <= %(before)s
"""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a practice's list. `read_at` is None until it has been read; `has_failed`: the last try."""

    read_at: datetime | None = None
    has_failed: bool = False


def known(practice_id: UUID) -> Known:
    """What is known now. Asks nobody."""
    row = AppUsers.objects.filter(practice_id=practice_id).values_list("read_at", "failed_at").first()
    return Known() if row is None else Known(row[0], row[1] is not None)


def of(practice_id: UUID) -> Known:
    """What is known now; a worker reads the list if it is old or was never read. Not for practices with texts only."""
    status = known(practice_id)
    if status.read_at is None or status.read_at <= timezone.now() - FRESH:
        _ask(practice_id)
    return status


def _ask(practice_id: UUID) -> None:
    """Ask a worker to read the list: once, however many look."""
    if routing_of(practice_id) == Routing.TEXTS:
        return
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_ASK, {"practice": practice_id, "now": now, "before": now - ASK_AGAIN})
        is_first = cursor.rowcount == 1
    if is_first:
        hint("outbox.read_app_users", practice_id)


def refresh(practice_id: UUID) -> None:
    """Read the whole list, and keep it in place of the one before; that one stays when it cannot be read."""
    practice = Practice.objects.get(id=practice_id)
    if routing_of(practice_id) == Routing.TEXTS:
        return
    try:
        account = notify_account_of(practice)
        release()
        listed = {
            number: can_notify
            for number, can_notify in NotifyChannel(account).app_users()
            if _NHS_NUMBER.fullmatch(number)
        }
    except (LookUpFailed, NotConnected) as failure:
        logger.warning("no list of app users", extra={"practice_id": str(practice_id), "error": str(failure)})
        AppUsers.objects.filter(practice_id=practice_id).update(failed_at=timezone.now())
        return
    now = timezone.now()
    values = {
        "read_at": now,
        "failed_at": None,
        "told": [number for number, can_notify in listed.items() if can_notify],
        "untold": [number for number, can_notify in listed.items() if not can_notify],
    }
    AppUsers.objects.update_or_create(
        practice_id=practice_id, defaults=values, create_defaults={"asked_at": now} | values
    )


def forget() -> None:
    """Delete lists that are old, and those of practices that no longer send by NHS Notify."""
    by_notify = NotifyConnection.objects.filter(practice=OuterRef("practice")).exclude(channel=Routing.TEXTS)
    old = Q(read_at__lt=timezone.now() - RETENTION)
    AppUsers.objects.filter(old | ~Exists(by_notify)).delete()
