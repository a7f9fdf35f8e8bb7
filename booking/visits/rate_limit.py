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
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from booking.models import WrongAnswer
from campaigns.models import Invitation
from practices.audit import trail as audit

logger = logging.getLogger(__name__)

COUNTED = timedelta(hours=1)
"""How far back wrong dates count towards WRONG_DATES_PER_HOUR."""

RETENTION = timedelta(days=1)
"""How long it is remembered that an address gave a wrong date to a link; then the row is deleted."""

_HOUSEHOLD_BITS = 64
"""An IPv6 connection is given at least this network, and may use any address of it."""

Address = IPv4Address | IPv6Address


# Not python-ipware: it takes exactly one hop for each entry of its list, and leaves out who is connected to us.
def address_of(request: HttpRequest) -> Address | None:
    """The address that a request came from, as far as it can be trusted; None when it is not known.

    X-Forwarded-For is anybody's to write, so it is read from its end, and only as far as the proxies of TRUSTED_PROXIES
    wrote it (ASVS 4.1.3, 15.3.4).
    """
    address = _parsed(request.META.get("REMOTE_ADDR", ""))
    if not _proxies():
        return None if settings.TRUST_PROXY_HEADERS else address
    earlier = [part for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    while address is not None and _is_proxy(address):
        if not earlier:
            return None
        address = _parsed(earlier.pop())
    return address


def digest_of(address: Address | None, practice_id: UUID) -> bytes | None:
    """What is kept of an address: 32 bytes that nobody without our key can turn back, other for each practice."""
    if address is None:
        return None
    if isinstance(address, IPv6Address):
        address = IPv6Network((address, _HOUSEHOLD_BITS), strict=False).network_address
    return salted_hmac("booking.addresses", f"{practice_id} {address.compressed}", algorithm="sha256").digest()


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


def _proxies() -> tuple[IPv4Network | IPv6Network, ...]:
    return _networks(tuple(settings.TRUSTED_PROXIES))


@lru_cache(maxsize=8)
def _networks(written: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(network) for network in written)


def _is_proxy(address: Address) -> bool:
    return any(address in network for network in _proxies())


def _parsed(written: str) -> Address | None:
    """An address as servers and proxies write it, with or without a port; IPv4 in IPv6's clothes is IPv4."""
    text = written.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
