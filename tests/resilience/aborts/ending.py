"""How things stand in the end: on the phones, in the clinical system's books, and with us."""

import re
from collections import Counter
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from booking.models import Booking, Decline, SlotHold
from campaigns.models import Campaign, Invitation
from campaigns.results.funnel import funnel
from integrations.models.outbox import CodedEntry, DeliveryReceipt, Message
from practices.models import AuditEvent
from tests.resilience.aborts.people import Patient
from tests.resilience.aborts.world import World

Picture = dict[str, Any]

LONGEST_RECOVERY = timedelta(minutes=11)
"""Ten minutes (faults#what-must-hold), and the time that the work itself takes then."""


def picture(world: World) -> Picture:
    """Everything that must come out the same, whoever died on the way, in words that differ in no two runs."""
    campaign = Campaign.objects.get(id=world.batch.id)
    events = AuditEvent.objects.filter(practice=world.practice).values_list("action", flat=True)
    return {
        "batch": campaign.state,
        "audit": dict(sorted(Counter(events).items())),
        "holds": SlotHold.objects.filter(practice=world.practice).count(),
        "receipts to apply": DeliveryReceipt.objects.filter(practice=world.practice, applied_at=None).count(),
        "unfinished": world.unfinished(),
        **{name: _of_patient(world, name) for name in world.patients},
    }


def _of_patient(world: World, name: str) -> Picture:
    recipient = world.patients[name]
    number = recipient.nhs_number
    invitation = Invitation.objects.get(recipient=recipient)
    messages = Message.objects.filter(subject_id=invitation.id).order_by("purpose", "step")
    codes = CodedEntry.objects.filter(subject_id=invitation.id).order_by("purpose")
    return {
        "phone": [re.sub(r"https?://\S+", "LINK", text) for text in world.on_phone(name)],
        "appointments": [entry["start"] for entry in world.books("appointments") if entry["nhs_number"] == number],
        "record": sorted(
            (entry["snomed"], entry["day"]) for entry in world.books("codes") if entry["nhs_number"] == number
        ),
        "invitation": invitation.state,
        "opened": invitation.opened_at is not None,
        "messages": [(m.purpose, m.step, m.state, m.error_code, m.reason, bool(m.provider_id)) for m in messages],
        "codes": [(c.purpose, c.state, c.reason, _day(c), bool(c.entry_id)) for c in codes],
        "bookings": [b.state for b in Booking.objects.filter(invitation=invitation)],
        "declined": Decline.objects.filter(invitation=invitation).exists(),
    }


def _day(entry: CodedEntry) -> date | None:
    return timezone.localdate(entry.happened_at) if entry.happened_at else None


def check(world: World, people: dict[str, Patient], expected: Picture | None = None) -> Picture:
    """Everybody got what they were promised, once, and the numbers add up; all ends as it does when nobody dies.

    Raises AssertionError with the first promise that was broken.
    """
    actual = picture(world)
    _phones(world, actual)
    _books(actual)
    _promises(actual, people)
    _totals(world)
    _reasons(actual)
    assert (world.recovered_in or timedelta()) <= LONGEST_RECOVERY, f"it took {world.recovered_in} to go on"
    compare(actual, expected)
    return actual


def compare(actual: Picture, expected: Picture | None) -> None:
    """Nothing is left to do, and all is as it is when nobody dies. Raises AssertionError."""
    assert not actual["unfinished"]
    assert not actual["receipts to apply"]
    if expected is not None:
        differences = {part: (expected[part], actual[part]) for part in expected if expected[part] != actual[part]}
        assert not differences, f"all should end as when nobody dies; (expected, found): {differences}"


def _phones(world: World, actual: Picture) -> None:
    for name, texts in (("asha", 2), ("bela", 1), ("chen", 0)):
        phone = actual[name]["phone"]
        assert len(phone) == len(set(phone)), f"{name} was texted twice: {phone}"
        assert len(phone) == texts, f"{name} has {len(phone)} texts, not {texts}: {phone}"
    known = {text["sid"] for text in world.around.sandbox.control("books?part=texts")["texts"]}
    ours = Message.objects.filter(practice=world.practice, provider_id__isnull=False)
    assert set(ours.values_list("provider_id", flat=True)) == known, "Twilio has a text that no row of ours knows"


def _books(actual: Picture) -> None:
    assert [len(actual[name]["appointments"]) for name in ("asha", "bela", "chen")] == [1, 0, 0], "appointments"
    filed = {name: len(actual[name]["record"]) for name in ("asha", "bela", "chen")}
    assert filed == {"asha": 1, "bela": 2, "chen": 0}, f"codes in the record: {filed}"


def _promises(actual: Picture, people: dict[str, Patient]) -> None:
    assert people["asha"].told == {"accepted", "booked"}, people["asha"].told
    assert people["bela"].told == {"declined"}, people["bela"].told
    assert actual["asha"]["bookings"] == ["booked"], f"a confirmed booking ended as {actual['asha']['bookings']}"
    assert actual["bela"]["declined"], "a decline that the page confirmed is lost"


def adds_up(world: World) -> None:
    """At any moment, also right after a death: whoever has an invitation has its text, and its code."""
    totals = funnel(Campaign.objects.get(id=world.batch.id))
    assert totals.rows == 3
    assert totals.invitations == totals.messages.total(), f"{totals.invitations} invitations, {totals.messages}"
    assert totals.codes.total() == totals.invitations + totals.declined, f"{totals.codes} of {totals.answers}"


def _totals(world: World) -> None:
    totals = funnel(Campaign.objects.get(id=world.batch.id))
    assert (totals.can, totals.cannot, totals.looking_up) == (3, 0, 0)
    assert totals.invitations == totals.messages.total() == totals.settled == totals.can
    assert (totals.sent, totals.failed, totals.booked, totals.declined) == (2, 1, 1, 1)
    assert totals.codes_filed + totals.codes_by_hand + totals.codes["withdrawn"] == totals.codes.total() == 4
    assert not totals.in_progress


def _reasons(actual: Picture) -> None:
    """Nothing is said against a text that arrived."""
    for name in ("asha", "bela"):
        for purpose, _, state, code, reason, _ in actual[name]["messages"]:
            assert (state, code, reason) == ("delivered", "", ""), f"{name}'s {purpose} is {state}: {code} {reason}"
