"""Sending managers' emails: claimed, handed to the mail server, settled, and tried again for a day.

Staff mail is not held by a hold (`practices.holds`): that nothing leaves is what managers must know of. What was
written before the database was restored may have gone, and is withdrawn.

A try that is cut off after the server has the email is made again: it cannot be asked. Both have one Message-ID.
"""

import logging
import smtplib
from datetime import timedelta

from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from core.claims import mark_tried, take_first
from practices.alerts import digests, emails
from practices.models import AlertEmail, EmailState

logger = logging.getLogger(__name__)

LASTS = timedelta(minutes=5)
"""A claim: longer than a mail server may take, with its time-out at each of a dozen steps."""
AGAIN_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60))
"""After each failed try; the last one repeats."""
GIVEN_UP_AFTER = timedelta(days=1)
AT_ONCE = 50
"""Emails of one run: a mail server that is slow must not keep a worker from texts."""


def send_due() -> None:
    """Send what is due, and stop at the first failure of the server itself: the rest waits with it."""
    connection = get_connection()
    for _ in range(AT_ONCE):
        email = claim()
        if email is None:
            break
        outcome = call(email, connection)
        settle(email, outcome)
        if outcome is EmailState.DUE:
            break
    connection.close()


@transaction.atomic
def claim() -> AlertEmail | None:
    """The email that has waited longest, this worker's own for some minutes; None where none is due."""
    due = AlertEmail.objects.filter(due_at__lte=timezone.now()).order_by("due_at").select_related("practice", "user")
    email = take_first(due)
    if email is not None:
        email.save(update_fields=mark_tried(email, timezone.now(), LASTS))
    return email


def call(email: AlertEmail, connection: BaseEmailBackend) -> EmailState:
    """Hand an email to the mail server: the state that follows, `DUE` where it is to be tried again."""
    alerts = digests.still_wanted(email)
    if not alerts:
        return EmailState.WITHDRAWN
    message = emails.write(email, alerts)
    try:
        connection.send_messages([message])
    except smtplib.SMTPRecipientsRefused as refused:
        codes = [code for code, _ in refused.recipients.values()]
        logger.warning("an alert was refused", extra={"email_id": str(email.id), "codes": codes})
        connection.close()
        return EmailState.FAILED if min(codes, default=0) >= 500 else EmailState.DUE
    except OSError as error:  # smtplib's own errors are OSErrors, too
        logger.warning("an alert was not sent", extra={"email_id": str(email.id), "error": type(error).__name__})
        connection.close()
        return EmailState.DUE
    except ValueError as error:  # an address or a name that no email can carry
        logger.warning("an alert cannot be written", extra={"email_id": str(email.id), "error": type(error).__name__})
        return EmailState.FAILED
    return EmailState.SENT


def settle(email: AlertEmail, outcome: EmailState) -> None:
    """Write what came of a try, unless another worker has taken the email over since."""
    now = timezone.now()
    if outcome is EmailState.DUE:
        after = AGAIN_AFTER[min(email.attempts, len(AGAIN_AFTER)) - 1]
        if now + after < email.created_at + GIVEN_UP_AFTER:
            _own(email).update(due_at=now + after)
            return
        outcome = EmailState.FAILED
        logger.error("an alert was given up", extra={"email_id": str(email.id)})
    _own(email).update(state=outcome, due_at=None, settled_at=now)


def _own(email: AlertEmail) -> QuerySet[AlertEmail]:
    return AlertEmail.objects.filter(id=email.id, state=EmailState.DUE, attempts=email.attempts)
