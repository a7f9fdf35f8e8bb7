"""Where a guess came from, and how many wrong dates of birth have come from there.

What is limited, and what is not (inputs#many-links-from-one-address; ASVS 2.4.1, 6.1.1):

- Wrong dates of birth count per address and practice, because one person may try many links. The limit never refuses a
  link's first try from an address, so that it cannot be used to shut others out: whoever shares the address, at home
  or on the wifi of a waiting room, gets in with the right date. What it takes away is further tries.
- Tokens that are not ours are not counted at all. To guess 128 bits is hopeless: a thousand tries a second against
  100,000 live links come to one hit in 10 to the power of 23 years. A limit would only shut out whoever shares the
  guesser's address, tell real links from others by refusing them, and make the opening of a link write to the
  database. Floods are for the proxy to hold back.
- An address that is not known is not limited: behind a proxy that nobody named, it would be everybody's. Each link's
  own limit, in `booking.visits.identity`, knows no addresses and always holds.
"""

import logging
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from booking.models import WrongAnswer
from campaigns.models import Invitation
from core.web.client_addresses import Address, household
from practices.audit import trail as audit

logger = logging.getLogger(__name__)

COUNTED = timedelta(hours=1)
"""How far back wrong dates count towards WRONG_DATES_PER_HOUR."""

RETENTION = timedelta(days=1)
"""How long it is remembered that an address gave a wrong date to a link; then the row is deleted."""


def digest_of(address: Address | None, practice_id: UUID) -> bytes | None:
    """What is kept of an address: 32 bytes that nobody without our key can turn back, other for each practice."""
    if address is None:
        return None
    return salted_hmac("booking.addresses", f"{practice_id} {household(address)}", algorithm="sha256").digest()


def must_wait(*, practice_id: UUID, invitation_id: UUID, digest: bytes | None) -> bool:
    """Whether a link bears no further try from an address: too many wrong dates came from it, one of them to this link.

    Guesses sent at the same moment at several links may pass together. They are no more than the web server answers at
    once, and each link's own five stay five.
    """
    if digest is None:
        return False
    now = timezone.now()
    wrong_answers = WrongAnswer.objects.filter(
        practice_id=practice_id, address_digest=digest, given_at__gt=now - RETENTION
    )
    seen = wrong_answers.aggregate(
        lately=Count("id", filter=Q(given_at__gt=now - COUNTED)),
        here=Count("id", filter=Q(invitation_id=invitation_id)),
    )
    return bool(seen["here"]) and seen["lately"] >= settings.WRONG_DATES_PER_HOUR


def note_wrong(*, invitation: Invitation, digest: bytes | None) -> None:
    """Remember that a wrong date came from an address, if that is known; the one too many is put on record."""
    if digest is None:
        return
    now = timezone.now()
    WrongAnswer.objects.create(
        practice_id=invitation.practice_id, invitation=invitation, address_digest=digest, given_at=now
    )
    since = now - COUNTED
    lately = WrongAnswer.objects.filter(
        practice_id=invitation.practice_id, address_digest=digest, given_at__gt=since
    ).values("invitation_id")
    if lately.count() == settings.WRONG_DATES_PER_HOUR:
        links = lately.distinct().count()
        audit.record("addresses.limited", practice=invitation.practice, actor=None, links=links)
        logger.warning(
            "many wrong dates of birth from one address",
            extra={"practice_id": str(invitation.practice_id), "links": links},
        )


def forget() -> int:
    """Delete what is older than a day; how many rows that was."""
    return WrongAnswer.objects.filter(given_at__lte=timezone.now() - RETENTION).delete()[0]
