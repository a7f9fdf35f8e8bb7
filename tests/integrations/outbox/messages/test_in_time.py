"""A text must come before what it is about is over: what would be texted too late behind the app is texted at once."""

from datetime import datetime, timedelta

import pytest
import time_machine
from pytest_django import Settings

from booking.models import AppointmentReminder, ReminderState, ReminderStep
from campaigns.models import Invitation
from core.sociable_hours import LONDON
from integrations.messaging.channels import Channel
from integrations.messaging.nhs_notify import channel as nhs_notify
from integrations.models import NotifyConnection, Routing
from integrations.models.outbox import Message, Purpose
from integrations.models.states import MessageState
from integrations.outbox import sweeping
from integrations.outbox.messages import claiming, in_time, routes
from integrations.outbox.messages.sending import send_due
from tests.booking.surgery import make_booking
from tests.integrations.outbox.by_notify import ask_now, connect_notify, ids, never_reach, states, taken
from tests.integrations.outbox.conftest import Case

pytestmark = pytest.mark.django_db

THURSDAY, FRIDAY, MONDAY = "2026-04-02", "2026-12-04", "2026-12-07"
"""The first before Easter, so that NHS Notify's next texts are on Tuesday."""


@pytest.fixture
def notify(case: Case, monkeypatch: pytest.MonkeyPatch) -> NotifyConnection:
    monkeypatch.setattr(nhs_notify, "PAUSE_SECONDS", 0.001)
    return connect_notify(case, Routing.APP_THEN_THEIRS)


def at(day: str, hour: str) -> time_machine.travel:
    return time_machine.travel(datetime.fromisoformat(f"{day}T{hour}").replace(tzinfo=LONDON), tick=False)


def moment(day: str, hour: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{hour}").replace(tzinfo=LONDON)


def invitation(case: Case, ends: datetime, purpose: str = Purpose.INVITATION) -> Message:
    message = case.message(any_hour=False, purpose=purpose)
    Invitation.objects.filter(id=message.subject_id).update(expires_at=ends)
    return message


def appointment(case: Case, begins: datetime) -> Message:
    """A reminder of an appointment, without a link."""
    message = case.message(any_hour=False, purpose=Purpose.APPOINTMENT, body="A reminder of your appointment.")
    booking = make_booking(Invitation.objects.get(id=message.subject_id), starts_at=begins)
    AppointmentReminder.objects.create(
        id=message.id,
        booking=booking,
        practice=case.practice,
        step=ReminderStep.WORKING_DAY,
        state=ReminderState.WRITTEN,
        due_at=None,
        until=begins,
    )
    return message


def goes_by_notify(case: Case) -> list[str]:
    claim = claiming.take(case.practice, route=routes.BY_NOTIFY)
    return ids(claim.rows)


def of(message: Message) -> Message:
    return Message.objects.get(id=message.id)


def test_a_link_that_outlives_the_weekend_goes_by_notify(case: Case, notify: NotifyConnection) -> None:
    with at(FRIDAY, "15:00"):
        long, short = invitation(case, moment(MONDAY, "12:00")), invitation(case, moment(MONDAY, "09:00"))
        assert goes_by_notify(case) == ids([long])
        given_back = of(short)
        assert (given_back.state, given_back.attempts, given_back.together) == (MessageState.DUE, 0, None)
        assert given_back.app_over == given_back.due_at == moment(FRIDAY, "15:00")
        assert ids(claiming.take(case.practice, route=routes.ROUTES[Routing.APP_THEN_THEIRS][0]).rows) == ids([short])


def test_what_notify_still_texts_today_goes_by_notify(case: Case, notify: NotifyConnection) -> None:
    with at(FRIDAY, "13:00"):
        message = invitation(case, moment(FRIDAY, "20:00"))
        assert goes_by_notify(case) == ids([message])


def test_a_link_that_is_given_its_lifetime_back_ends_by_that(case: Case, notify: NotifyConnection) -> None:
    """It has waited, so `restart_links` is about to lengthen it: seven days, as its batch has them."""
    with at(FRIDAY, "15:00"):
        message = invitation(case, moment(FRIDAY, "16:00"))
        Message.objects.update(created_at=moment(FRIDAY, "08:00"))
        assert goes_by_notify(case) == ids([message])


def test_a_reminder_lengthens_its_link_by_two_days_which_easter_outlasts(case: Case, notify: NotifyConnection) -> None:
    with at(THURSDAY, "15:00"):
        message = invitation(case, moment(THURSDAY, "20:00"), Purpose.REMINDER)
        assert goes_by_notify(case) == []
        assert of(message).app_over is not None
    with at("2026-04-08", "10:00"):
        message = invitation(case, moment("2026-04-08", "20:00"), Purpose.REMINDER)
        assert goes_by_notify(case) == ids([message])


@pytest.mark.hazard("H-05.2")
@pytest.mark.parametrize(
    ("handed_over", "begins", "by_notify"),
    [
        ((FRIDAY, "10:00"), (MONDAY, "09:00"), True),
        ((FRIDAY, "15:00"), (MONDAY, "09:00"), False),  # it would be texted at 08:00 that day
        ((FRIDAY, "15:00"), (MONDAY, "11:00"), True),
        (("2026-12-05", "10:00"), (MONDAY, "08:30"), False),
        ((THURSDAY, "16:00"), ("2026-04-07", "08:10"), False),
        ((THURSDAY, "10:00"), ("2026-04-07", "08:10"), True),
    ],
)
def test_a_reminder_of_an_appointment_comes_before_it(
    case: Case, notify: NotifyConnection, handed_over: tuple[str, str], begins: tuple[str, str], by_notify: bool
) -> None:
    with at(*handed_over):
        message = appointment(case, moment(*begins))
        assert goes_by_notify(case) == (ids([message]) if by_notify else [])


def test_a_plan_of_a_day_is_too_slow_for_the_day_before(case: Case, notify: NotifyConnection) -> None:
    NotifyConnection.objects.update(routing_plan="00000000-0000-0000-0000-000000000006")
    with at("2026-12-03", "10:00"):
        message = appointment(case, moment(FRIDAY, "11:00"))
        assert goes_by_notify(case) == []
        assert of(message).app_over is not None


def test_it_is_texted_once_and_is_not_in_the_app(case: Case, notify: NotifyConnection, settings: Settings) -> None:
    """On the wires, from the claim to the phone."""
    settings.SOCIABLE_FROM, settings.SOCIABLE_UNTIL = 0, 24
    message = invitation(case, datetime.now(LONDON) + timedelta(hours=1))
    for _ in range(3):
        send_due(case.practice.id)
    assert (taken(case), [text["recipient"] for text in case.texts()]) == ([], [message.to])
    assert (of(message).way, of(message).state) == (Channel.TEXT, MessageState.ACCEPTED)


@pytest.mark.hazard("H-05.2", guard_off=True)
def test_without_the_guard_it_would_be_notify_s(
    case: Case, notify: NotifyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_time, "too_late", lambda *_: set())
    with at(FRIDAY, "15:00"):
        message = invitation(case, moment(MONDAY, "07:00"))
        assert goes_by_notify(case) == ids([message])


def test_our_own_text_behind_the_app_is_in_time_too(case: Case, notify: NotifyConnection, settings: Settings) -> None:
    """An appointment at 09:00: what is put into the app at 19:30 would be texted at 08:00."""
    settings.SOCIABLE_FROM, settings.SOCIABLE_UNTIL = 8, 20
    NotifyConnection.objects.update(channel=Routing.APP_THEN_OURS)
    with at(FRIDAY, "19:30"):
        late, early = appointment(case, moment("2026-12-05", "09:00")), appointment(case, moment(MONDAY, "09:00"))
        link = invitation(case, moment(FRIDAY, "20:00"))  # its link has its lifetime anew when the text leaves
        assert ids(claiming.take(case.practice, route=routes.BY_APP).rows) == ids([early, link])
        assert of(late).app_over is not None


def test_a_doubt_is_not_posted_again_when_its_text_would_be_late(
    case: Case, notify: NotifyConnection, settings: Settings
) -> None:
    """Nobody can find out in time, so a person is asked; others of the call go on."""
    settings.SOCIABLE_FROM, settings.SOCIABLE_UNTIL = 0, 24
    rows = [case.message(any_hour=False) for _ in range(2)]
    never_reach(case)
    send_due(case.practice.id)
    assert set(states(rows)) == {MessageState.UNKNOWN}
    Invitation.objects.filter(id=rows[0].subject_id).update(expires_at=datetime.now(LONDON))
    ask_now(case)
    assert taken(case) == ids(rows[1:])
    assert states(rows) == [MessageState.DUE, MessageState.ACCEPTED]
    send_due(case.practice.id)
    send_due(case.practice.id)
    assert [text["recipient"] for text in case.texts()] == [rows[0].to]


def test_a_doubt_that_is_late_altogether_is_for_a_person(
    case: Case, notify: NotifyConnection, settings: Settings
) -> None:
    settings.SOCIABLE_FROM, settings.SOCIABLE_UNTIL = 0, 24
    rows = [case.message(any_hour=False)]
    never_reach(case)
    send_due(case.practice.id)
    Invitation.objects.filter(id=rows[0].subject_id).update(expires_at=datetime.now(LONDON))
    ask_now(case)
    sweeping.sweep()
    assert states(rows) == [MessageState.CHECK]
