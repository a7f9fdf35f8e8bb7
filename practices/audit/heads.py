"""The head of the chain goes out once a day, to where nobody who can write to the database can write too.

A chain that was cut short, or made anew as a whole, does not have the heads that went out before
(`manage.py verify_audit --heads`).
"""

import logging
import re

from django.conf import settings
from django.core.mail import send_mail
from django.utils import timezone

from core.wording import nhs_datetime
from practices.audit import sealing

logger = logging.getLogger(__name__)

_HEAD = re.compile(r"(?<![0-9a-f:])\d{1,18}:[0-9a-f]{64}(?![0-9a-f])")

_BODY = """The audit trail of {host} had {count} sealed events on {day}. Its head:

{head}

Keep this email. If the audit trail is ever in doubt, "manage.py verify_audit --head" tells whether it is still the one
that had this head.
"""


def send() -> str:
    """Write today's head to the log, and email it to AUDIT_HEAD_TO; the head, empty where nothing is sealed yet.

    Raises OSError where the email cannot be sent: the log has the head all the same.
    """
    number, digest = sealing.last()
    if not number:
        return ""
    head = f"{number}:{digest.hex()}"
    logger.info("audit trail head of the day", extra={"head": head, "events": number})
    if settings.AUDIT_HEAD_TO:
        host = settings.PUBLIC_BASE_URL.partition("://")[2]
        day = nhs_datetime(timezone.now())
        body = _BODY.format(host=host, count=f"{number:,}", day=day, head=head)
        send_mail(f"Audit trail of {host}: {number:,} events", body, None, settings.AUDIT_HEAD_TO)
    return head


def in_text(text: str) -> list[str]:
    """The heads that stand in a log, or in emails, in their order and each once."""
    return list(dict.fromkeys(_HEAD.findall(text)))
