"""How long staff wait for their pages in a practice with 200 batches and 200,000 patients, beside empty pages."""

from collections.abc import Callable
from datetime import timedelta
from itertools import islice
from time import perf_counter

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from bench.sending.batch import invitation_for, patients_of, running_campaign
from bench.timing import in_turns, promise, ratio
from campaigns.models import Campaign, Invitation, InvitationState
from campaigns.workspace import figures
from core.database import copy_in
from integrations.models.outbox import Message, Purpose
from integrations.models.states import MessageState
from patients.models import Recipient
from practices.models import Membership, Practice, Role, User

_LOOKS = 5
"""Looks at a page in one turn."""


def run(*, quick: bool = False) -> bool:
    """Measure, print, and say whether every promise was kept."""
    batches, patients, rounds = (40, 250, 5) if quick else (200, 1_000, 15)
    empty, full = _practice("A99990"), _practice("A99991")
    _campaign(empty, 0)
    sent = [_campaign(full, patients) for _ in range(batches)]
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    figures.recount(empty.id)
    begun = perf_counter()
    figures.recount(full.id)
    print(f"\nPages of staff, {batches} batches of {patients:,} patients; a worker counts them all in", end=" ")
    print(f"{perf_counter() - begun:.2f} s")
    pages = {
        "home, empty": _page(empty, reverse("campaigns:home")),
        "home, full": _page(full, reverse("campaigns:home")),
        "batch, empty": _page(empty, reverse("campaigns:progress", args=[Campaign.objects.get(practice=empty).id])),
        "batch, full": _page(full, reverse("campaigns:progress", args=[sent[0].id])),
    }
    measured = in_turns({name: (_LOOKS, page) for name, page in pages.items()}, rounds)
    for name, page in pages.items():
        print(f"  {name:<16} {measured[name].microseconds / 1000:>8.1f} ms  {_queries(page):>4} queries")
    results = [
        promise(
            f"times the empty {name}'s time", ratio(measured[f"{name}, full"], measured[f"{name}, empty"]), at_most=3
        )
        for name in ("home", "batch")
    ]
    more = _queries(pages["home, full"]) - _queries(pages["home, empty"])
    return all([*results, promise("queries more than the empty home's", more, at_most=5)])


def _practice(ods: str) -> Practice:
    """A practice and its one member of staff."""
    practice = Practice.objects.create(
        ods_code=ods, name="Example Surgery", phone="01632 960123", clinical_system="systmone"
    )
    user = User.objects.create(email=f"{ods.lower()}@example.org", given_name="Ada", family_name="Example")
    Membership.objects.create(practice=practice, user=user, role=Role.MANAGER)
    return practice


def _campaign(practice: Practice, patients: int) -> Campaign:
    """A batch of which a quarter has booked, a tenth has declined, and three texts in a hundred failed."""
    campaign = running_campaign(practice)
    patient_list = campaign.patient_list
    assert patient_list is not None
    patient_list.row_count = patients
    patient_list.save()
    people = list(islice(patients_of(patient_list), patients))
    Recipient.objects.bulk_create(people, batch_size=2_000)
    invitations = [_answered(number, invitation_for(campaign, person)) for number, person in enumerate(people)]
    copy_in(invitations)
    copy_in([_text(number, invitation) for number, invitation in enumerate(invitations)])
    return campaign


def _answered(number: int, invitation: Invitation) -> Invitation:
    now = timezone.now()
    if number % 20 < 7:
        invitation.state = InvitationState.BOOKED if number % 20 < 5 else InvitationState.DECLINED
        invitation.opened_at = now
    if number % 100 == 99:
        invitation.opened_at = invitation.locked_at = now
    return invitation


def _text(number: int, invitation: Invitation) -> Message:
    now = timezone.now()
    return Message(
        practice_id=invitation.practice_id,
        campaign_id=invitation.campaign_id,
        subject_id=invitation.id,
        purpose=Purpose.INVITATION,
        to=invitation.recipient.mobile,
        body="",
        state=MessageState.FAILED if number % 33 == 32 else MessageState.DELIVERED,
        due_at=None,
        sent_at=now - timedelta(minutes=2),
        settled_at=now,
    )


def _page(practice: Practice, address: str) -> Callable[[], None]:
    """Look at a page some times, logged in."""
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(memberships__practice=practice))

    def look() -> None:
        for _ in range(_LOOKS):
            answer = client.get(address)
            assert answer.status_code == 200, answer.status_code

    look()
    return look


def _queries(page: Callable[[], None]) -> int:
    with CaptureQueriesContext(connection) as asked:
        page()
    return len(asked) // _LOOKS
