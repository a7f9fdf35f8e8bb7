"""From the list of times to the text: every page names the moment that the clinical system has in its book."""

from datetime import datetime
from itertools import groupby

import pytest
from django.test import Client

from integrations.models.outbox import Message, Purpose
from tests.booking.surgery import Patient, Surgery, work
from tests.html import check_page, text_of
from tests.resilience.clock.seasons import EVERY_SLOT, SEASONS, Season, name_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("season", SEASONS, ids=name_of)
def test_times_are_listed_by_the_days_of_london_next_first(client: Client, surgery: Surgery, season: Season) -> None:
    with season.travel():
        season.fill(surgery)
        Patient(surgery.invite(), client).identified()
        page = check_page(client.get("/b/times/"))

    days = [text_of(summary) for summary in page.all("summary")]
    counted = [(day, len(list(slots))) for day, slots in groupby(season.slots, key=lambda slot: slot.day)]
    assert len(days) == len(counted)
    for label, (day, count) in zip(days, counted, strict=True):
        assert day in label
        assert f"{count} time" in label
    buttons = [text_of(button) for button in page.all("button") if button.get("name") == "slot"]
    assert [button.startswith(slot.time) for button, slot in zip(buttons, season.slots, strict=True)] == [True] * len(
        season.slots
    )
    assert [slot.day in button for button, slot in zip(buttons, season.slots, strict=True)] == [True] * len(
        season.slots
    )


@pytest.mark.parametrize("season", SEASONS, ids=name_of)
def test_no_two_times_of_a_day_are_called_the_same(client: Client, surgery: Surgery, season: Season) -> None:
    with season.travel():
        season.fill(surgery)
        Patient(surgery.invite(), client).identified()
        page = check_page(client.get("/b/times/"))

    buttons = [text_of(button) for button in page.all("button") if button.get("name") == "slot"]
    assert len(buttons) == len(set(buttons)) == len(season.slots)


@pytest.mark.parametrize("season", SEASONS, ids=name_of)
def test_morning_ends_at_midday_in_london(client: Client, surgery: Surgery, season: Season) -> None:
    with season.travel():
        season.fill(surgery)
        Patient(surgery.invite(), client).identified()
        page = check_page(client.get("/b/times/"))

    part, parts = "", []
    for element in page.all("h2", "h3", "h4", "button"):
        if element.tag != "button":
            part = text_of(element)
        elif element.get("name") == "slot":
            parts.append(part)
    expected = [
        "Afternoon" if slot.time == "midday" or slot.time.endswith("pm") else "Morning" for slot in season.slots
    ]
    assert parts == expected


@pytest.mark.hazard("H-05.1")
@pytest.mark.parametrize(("season", "number"), EVERY_SLOT, ids=name_of)
def test_the_same_moment_on_every_page_in_the_text_and_in_the_book(
    client: Client, surgery: Surgery, season: Season, number: int
) -> None:
    slot = season.slots[number]
    with season.travel():
        chosen = season.fill(surgery)[number]
        invitation = surgery.invite()
        patient = Patient(invitation, client).identified()
        assert patient.take(chosen)["Location"] == "/b/check/"
        check = check_page(client.get("/b/check/")).text
        assert patient.confirm()["Location"] == "/b/done/"
        waiting = check_page(client.get("/b/done/")).text
        work(invitation.bookings.get())
        done = check_page(client.get("/b/done/")).text

    assert slot.day in check
    assert f"Time {slot.time}" in check
    assert slot.words in waiting
    assert "Appointment booked" in done
    assert slot.words in done
    assert slot.words in Message.objects.get(purpose=Purpose.CONFIRMATION).body
    (appointment,) = surgery.appointments_of(invitation)
    assert datetime.fromisoformat(appointment["start"]) == slot.start
