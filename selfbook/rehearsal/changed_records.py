"""Records that change once their patients have been texted: nothing may be booked or filed in them any more."""

from collections.abc import Collection, Iterator
from datetime import timedelta

import httpx

from booking.models import Booking, BookingState
from campaigns.follow_up.entries import Kind, counts_of
from campaigns.models import Campaign, Invitation
from integrations.clinical.errors import RecordFault
from integrations.models.outbox import CodedEntry, Purpose
from integrations.models.states import CodeState
from selfbook.demo.practices import DemoPractice
from selfbook.rehearsal.books import TheirBooks
from selfbook.rehearsal.patients import TURN

_PLACES = (2, 6)
"""Of every turn of people: one who would book, and one who would decline."""

_OTHER_PERSON = timedelta(days=400)


def change(sandbox_url: str, practice: DemoPractice, size: int) -> set[str]:
    """Give some of a practice's people another date of birth in its records; their NHS numbers."""
    people = [person for place, person in enumerate(practice.people(size)) if place % TURN in _PLACES]
    for person in people:
        record = {"ods": practice.ods_code, "nhs_number": person.nhs_number}
        other = {"dob": (person.date_of_birth + _OTHER_PERSON).isoformat()}
        httpx.post(f"{sandbox_url}/__control/change-record", json=record | other, timeout=60).raise_for_status()
    return {person.nhs_number for person in people}


def invited(campaign: Campaign, changed: Collection[str]) -> int:
    """How many of the batch's patients have such a record."""
    return campaign.invitations.filter(recipient__nhs_number__in=changed).count()


def disagreements(campaign: Campaign, theirs: TheirBooks, changed: Collection[str]) -> Iterator[str]:
    """Whatever was written to a changed record since, and whoever of its patients nobody is told of."""
    live = [item for item in theirs.appointments if item["status"] == "booked" and item["nhs_number"] in changed]
    yield from (f"appointment {item['id']} is in a record that had changed" for item in live)
    codes = CodedEntry.objects.filter(campaign_id=campaign.id, nhs_number__in=changed, purpose=Purpose.DECLINE)
    declined = {str(code.id) for code in codes}
    yield from (
        f"code {item['key']} is in a record that had changed" for item in theirs.codes if item["key"] in declined
    )
    of_theirs = Booking.objects.filter(invitation__campaign=campaign, invitation__recipient__nhs_number__in=changed)
    for booking in of_theirs.exclude(state__in=[BookingState.FAILED, BookingState.SLOT_GONE]):
        yield f"booking {booking.id} is {booking.state}, and its record had changed"
    for code in codes.exclude(state=CodeState.NOT_FILED):
        yield f"code {code.id} is {code.state}, and its record had changed"
    noted = set(Invitation.objects.filter(campaign=campaign).exclude(record_fault="").values_list("id", "record_fault"))
    ours = campaign.invitations.filter(recipient__nhs_number__in=changed).values_list("id", flat=True)
    expected = {(item, RecordFault.BIRTH_DIFFERS.value) for item in ours}
    for item, _ in noted ^ expected:
        yield f"invitation {item} should be for staff to look at if, and only if, its record has changed"
    if counts_of(campaign).get(Kind.RECORD, 0) != len(expected):
        yield f"{len(expected)} records have changed, {counts_of(campaign).get(Kind.RECORD, 0)} are to be looked at"
