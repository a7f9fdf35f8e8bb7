"""Is this the patient whom the text was meant for? The date of birth is a check against texts gone astray.

The link itself is the secret; a date of birth has too few values to be one. So wrong answers are counted in the
database, per link and for life, whatever address or phone they come from (inputs#guessed-dates-of-birth).
"""

from datetime import date
from enum import Enum, auto
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from booking.visits import rate_limit
from campaigns.models import Invitation
from core.web.client_addresses import Address
from practices.audit import trail as audit


class BirthDateCheck(Enum):
    """What a date of birth came to."""

    RIGHT = auto()
    WRONG = auto()
    LOCKED = auto()
    WAIT = auto()


@transaction.atomic
def check_date_of_birth(*, invitation_id: UUID, given: date, address: Address | None = None) -> BirthDateCheck:
    """Compare a date with the patient's, and count it if it is wrong; the last wrong one locks the link.

    The row is locked first, so that guesses sent together are counted one by one. A locked link refuses even the
    right date. WAIT is the answer to an address that many wrong dates came from, one of them to this link: the date
    was not looked at, and is not counted.
    """
    invitation = _locked(invitation_id)
    if invitation.locked_at is not None or invitation.date_of_birth_failures >= settings.DATE_OF_BIRTH_TRIES:
        return BirthDateCheck.LOCKED
    digest = rate_limit.digest_of(address, invitation.practice_id)
    if rate_limit.must_wait(practice_id=invitation.practice_id, invitation_id=invitation.id, digest=digest):
        return BirthDateCheck.WAIT
    on_file = invitation.recipient.date_of_birth
    if constant_time_compare(given.isoformat(), on_file.isoformat() if on_file else ""):
        return BirthDateCheck.RIGHT
    rate_limit.note_wrong(invitation=invitation, digest=digest)
    return _count_failure(invitation)


def _locked(invitation_id: UUID) -> Invitation:
    """The invitation, locked until the transaction ends."""
    related = ("practice", "recipient")
    return Invitation.objects.select_for_update(of=("self",)).select_related(*related).get(id=invitation_id)


def _count_failure(invitation: Invitation) -> BirthDateCheck:
    invitation.date_of_birth_failures += 1
    locked = invitation.date_of_birth_failures >= settings.DATE_OF_BIRTH_TRIES
    if locked:
        invitation.locked_at = timezone.now()
        audit.record(
            "invitation.locked",
            practice=invitation.practice,
            actor=None,
            object_id=invitation.id,
            campaign_id=str(invitation.campaign_id),
        )
    invitation.save(update_fields=["date_of_birth_failures", "locked_at"])
    return BirthDateCheck.LOCKED if locked else BirthDateCheck.WRONG


def tries_left(invitation_id: UUID) -> int:
    """How many more wrong dates of birth a link bears."""
    failures = Invitation.objects.values_list("date_of_birth_failures", flat=True).get(id=invitation_id)
    return max(int(settings.DATE_OF_BIRTH_TRIES) - failures, 0)
