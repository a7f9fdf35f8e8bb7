"""A patient's link in staff's hands: unlock, end, renew, send again, look at; pressed twice, and by two at once."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from booking.models import Booking, BookingState
from booking.staff.patient import links
from booking.staff.patient.refusals import CannotDo
from booking.visits import identity
from booking.visits.identity import BirthDateCheck
from booking.visits.links import Standing, by_token, standing_of
from campaigns.models import Campaign, Invitation, InvitationState
from campaigns.sending import hooks as sending_hooks
from integrations.messaging.channels import Channel
from integrations.models.outbox import Message, Purpose
from integrations.models.states import MessageState
from patients.models import OptOutSource
from patients.opt_outs import services as opt_outs
from practices.models import AuditEvent, User
from tests.booking.surgery import BORN, WRONG, made_up_slot
from tests.factories import make_campaign, make_invitation, make_message, make_practice, make_staff
from tests.threads import at_once

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def staff() -> User:
    return make_staff(make_practice())


@pytest.fixture
def campaign(staff: User) -> Campaign:
    membership = staff.memberships.get()
    return make_campaign(membership.practice, staff, started=True, link_lifetime_days=10)


def again(invitation: Invitation) -> Invitation:
    return Invitation.objects.get(id=invitation.id)


def events(invitation: Invitation) -> list[tuple[str, User | None]]:
    rows = AuditEvent.objects.filter(practice=invitation.practice, object_id=invitation.id).order_by("id")
    return [(event.action, event.actor) for event in rows]


def lock(invitation: Invitation) -> None:
    for _ in range(5):
        identity.check_date_of_birth(invitation_id=invitation.id, given=WRONG)
    assert again(invitation).locked_at


def texts_again(invitation: Invitation) -> list[Message]:
    return list(Message.objects.filter(subject_id=invitation.id, purpose=Purpose.RESENT).order_by("step"))


def booked(invitation: Invitation, state: str = BookingState.BOOKED) -> Booking:
    slot = made_up_slot()
    cancelled = state == BookingState.CANCELLED
    invitation.state = InvitationState.CANCELLED if cancelled else InvitationState.BOOKED
    invitation.save()
    return Booking.objects.create(
        practice=invitation.practice, invitation=invitation, slot_id=slot.id, slot={},
        starts_at=slot.start, ends_at=slot.end, state=state, appointment_id="1",
    )  # fmt: skip


def test_only_staff_give_the_five_tries_back(campaign: Campaign, staff: User) -> None:
    invitation = make_invitation(campaign)
    lock(invitation)

    assert links.unlock(invitation_id=invitation.id, by=staff)
    assert not links.unlock(invitation_id=invitation.id, by=staff)

    assert (again(invitation).locked_at, again(invitation).date_of_birth_failures) == (None, 0)
    assert identity.check_date_of_birth(invitation_id=invitation.id, given=BORN) == BirthDateCheck.RIGHT
    assert events(invitation) == [("invitation.locked", None), ("invitation.unlocked", staff)]
    lock(invitation)


def test_a_link_that_was_withdrawn_stays_locked(campaign: Campaign, staff: User) -> None:
    invitation = make_invitation(campaign, state=InvitationState.WITHDRAWN, locked_at=timezone.now())

    with pytest.raises(CannotDo, match="withdrawn"):
        links.unlock(invitation_id=invitation.id, by=staff)


def test_a_link_ends_at_once_and_can_be_renewed(campaign: Campaign, staff: User) -> None:
    invitation = make_invitation(campaign)

    assert links.expire(invitation_id=invitation.id, by=staff)
    assert not links.expire(invitation_id=invitation.id, by=staff)
    ended = again(invitation)
    assert standing_of(ended) == Standing.EXPIRED
    assert ended.ended_at

    assert links.renew(invitation_id=invitation.id, until=ended.expires_at, by=staff)
    assert not links.renew(invitation_id=invitation.id, until=ended.expires_at, by=staff)
    assert again(invitation).ended_at is None
    assert abs(again(invitation).expires_at - timezone.now() - 10 * DAY) < timedelta(minutes=1)
    assert events(invitation) == [("invitation.expired", staff), ("invitation.renewed", staff)]


def test_renewing_never_takes_time_away(campaign: Campaign, staff: User) -> None:
    late = timezone.now() + 20 * DAY
    invitation = make_invitation(campaign, expires_at=late)

    links.renew(invitation_id=invitation.id, until=late, by=staff)

    assert again(invitation).expires_at == late


@pytest.mark.parametrize("state", [InvitationState.BOOKING, InvitationState.DECLINED, InvitationState.WITHDRAWN])
def test_an_answered_link_is_neither_ended_nor_renewed_nor_sent(campaign: Campaign, staff: User, state: str) -> None:
    invitation = make_invitation(campaign, state=state)

    with pytest.raises(CannotDo):
        links.expire(invitation_id=invitation.id, by=staff)
    with pytest.raises(CannotDo):
        links.renew(invitation_id=invitation.id, until=invitation.expires_at, by=staff)
    with pytest.raises(CannotDo):
        links.send_again(invitation_id=invitation.id, seen=0, by=staff)
    assert events(invitation) == []
    assert again(invitation).expires_at == invitation.expires_at


def test_a_patient_with_an_appointment_has_answered(campaign: Campaign, staff: User) -> None:
    invitation = make_invitation(campaign)
    booked(invitation)

    with pytest.raises(CannotDo, match="has answered"):
        links.expire(invitation_id=invitation.id, by=staff)


def test_one_whose_appointment_was_cancelled_too_late_for_the_link_may_get_it_back(
    campaign: Campaign, staff: User
) -> None:
    ended = timezone.now() - DAY
    invitation = make_invitation(campaign, expires_at=ended)
    booked(invitation, BookingState.CANCELLED)

    assert links.renew(invitation_id=invitation.id, until=ended, by=staff)

    assert standing_of(again(invitation)) == Standing.OPEN


def test_the_text_goes_again_with_the_same_link_which_lives_as_long_as_at_first(
    campaign: Campaign, staff: User
) -> None:
    invitation = make_invitation(campaign, expires_at=timezone.now() - DAY)
    make_message(invitation, state=MessageState.FAILED)

    assert links.send_again(invitation_id=invitation.id, seen=0, by=staff)

    (text,) = texts_again(invitation)
    assert (text.step, text.state, text.to) == (0, MessageState.DUE, invitation.recipient.mobile)
    assert text.body == "Dear Asha, Example Surgery invites you to book your appointment: {link}"
    assert standing_of(again(invitation)) == Standing.OPEN
    assert events(invitation) == [("invitation.sent_again", staff)]


@pytest.mark.parametrize("purpose", [Purpose.INVITATION, Purpose.REMINDER])
def test_what_lies_unread_in_the_nhs_app_is_texted_now_and_not_a_second_time(
    campaign: Campaign, staff: User, purpose: Purpose
) -> None:
    invitation = make_invitation(campaign)
    message = make_message(invitation, state=MessageState.IN_APP, way=Channel.APP, purpose=purpose)

    assert links.send_again(invitation_id=invitation.id, seen=0, by=staff)

    message.refresh_from_db()
    assert message.state == MessageState.DUE
    assert message.app_over is not None
    assert texts_again(invitation) == []
    with pytest.raises(CannotDo, match="on its way"):
        links.send_again(invitation_id=invitation.id, seen=0, by=staff)


def test_pressed_twice_it_goes_once_and_may_go_again_later(campaign: Campaign, staff: User) -> None:
    invitation = make_invitation(campaign)

    assert links.send_again(invitation_id=invitation.id, seen=0, by=staff)
    assert not links.send_again(invitation_id=invitation.id, seen=0, by=staff)
    with pytest.raises(CannotDo, match="on its way"):
        links.send_again(invitation_id=invitation.id, seen=1, by=staff)

    for state in (MessageState.STARTED, MessageState.DELIVERED):
        Message.objects.filter(subject_id=invitation.id).update(state=state)
    assert links.send_again(invitation_id=invitation.id, seen=1, by=staff)
    assert [text.step for text in texts_again(invitation)] == [0, 1]


@pytest.mark.parametrize("which", ["nhs_number", "mobile"])
def test_nothing_goes_to_a_patient_who_wants_no_texts(campaign: Campaign, staff: User, which: str) -> None:
    invitation = make_invitation(campaign)
    wants_none: dict[str, Any] = {which: getattr(invitation.recipient, which)}
    opt_outs.add(practice=campaign.practice, by=staff, source=OptOutSource.STAFF, **wants_none)

    with pytest.raises(CannotDo, match="has asked not to get texts"):
        links.send_again(invitation_id=invitation.id, seen=0, by=staff)


def test_a_locked_link_is_unlocked_before_it_is_sent_or_shown(campaign: Campaign, staff: User) -> None:
    invitation = make_invitation(campaign)
    lock(invitation)

    with pytest.raises(CannotDo, match="Unlock it first"):
        links.send_again(invitation_id=invitation.id, seen=0, by=staff)
    with pytest.raises(CannotDo, match="Unlock it first"):
        links.reveal(invitation_id=invitation.id, by=staff)


@pytest.mark.parametrize("state", [InvitationState.BOOKED, InvitationState.DECLINED, InvitationState.WITHDRAWN])
def test_it_does_not_go_to_a_patient_who_has_answered_meanwhile(campaign: Campaign, staff: User, state: str) -> None:
    invitation = make_invitation(campaign)
    links.send_again(invitation_id=invitation.id, seen=0, by=staff)
    (text,) = texts_again(invitation)
    assert sending_hooks.stop_texts(campaign.practice, [text]) == {}

    Invitation.objects.filter(id=invitation.id).update(state=state)

    assert sending_hooks.stop_texts(campaign.practice, [text]) == {text.id: sending_hooks.ANSWERED}


def test_the_link_that_staff_see_is_the_patients_own(campaign: Campaign, staff: User) -> None:
    invitation = make_invitation(campaign)

    link = links.reveal(invitation_id=invitation.id, by=staff)

    match = by_token(link.rpartition("/")[2])
    assert match == invitation
    assert events(invitation) == [("invitation.link_shown", staff)]
    (event,) = AuditEvent.objects.filter(object_id=invitation.id)
    assert link.rpartition("/")[2] not in str(event.data)


def test_a_link_whose_key_is_gone_is_not_shown(campaign: Campaign, staff: User, settings: Settings) -> None:
    invitation = make_invitation(campaign, link_key=len(settings.LINK_KEYS))

    with pytest.raises(CannotDo, match="no longer in use"):
        links.reveal(invitation_id=invitation.id, by=staff)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["unlock", "expire", "renew", "send again"])
def test_two_staff_at_the_same_moment_do_it_once(campaign: Campaign, staff: User, what: str) -> None:
    colleague = make_staff(campaign.practice)
    locked_at = timezone.now() if what == "unlock" else None
    invitation = make_invitation(campaign, locked_at=locked_at)
    invitation_id, until = invitation.id, again(invitation).expires_at

    def act(by: User) -> bool:
        match what:
            case "unlock":
                return links.unlock(invitation_id=invitation_id, by=by)
            case "expire":
                return links.expire(invitation_id=invitation_id, by=by)
            case "renew":
                return links.renew(invitation_id=invitation_id, until=until, by=by)
        return links.send_again(invitation_id=invitation_id, seen=0, by=by)

    done = at_once(lambda: act(staff), lambda: act(colleague), times=4)

    assert sorted(done) == [False] * 7 + [True]
    assert len(events(invitation)) == 1
    assert len(texts_again(invitation)) == (what == "send again")
