"""Plans beside what else there is: a restore, staff who stop them, other batches for the same patients."""

import pytest
import time_machine

from booking.appointments.link_rules import may_end
from booking.staff.patient import links
from campaigns.models import Campaign, Reminder
from campaigns.sending import further, screening
from integrations.links import LINK, link_for
from integrations.messaging.port import ListedText
from integrations.models.outbox import Message, Purpose
from integrations.models.states import MessageState
from integrations.outbox.messages import claiming, gone_texts
from patients.reasons import Reason
from tests.campaigns.sequences.plans import invited, make_plan, on, sent_on, write
from tests.factories import make_campaign, make_recipient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_book")]


def test_one_that_went_before_a_restore_is_not_sent_again(clock: time_machine.Traveller) -> None:
    batch = make_plan(7)
    patient = invited(batch)
    clock.move_to(on(9), tick=False)
    write()
    text = Message.objects.get(purpose=Purpose.NEXT_INVITATION)
    link = link_for(patient.id, key_number=patient.link_key)
    gone = ListedText("made-up-1", text.to, text.body.replace(LINK, link), on(9))
    text.delete()  # the dump was of before it was written
    gone_texts.note(batch.practice, "twilio", [gone])
    Reminder.objects.all().delete()
    Campaign.objects.update(next_invitation_at=on(9))
    write()
    assert claiming.take(batch.practice).rows == []
    text = Message.objects.get(purpose=Purpose.NEXT_INVITATION)
    assert (text.state, text.provider_id, text.sent_at) == (MessageState.ACCEPTED, "made-up-1", on(9))


def test_a_plan_that_staff_stopped_does_not_begin_again(clock: time_machine.Traveller) -> None:
    batch = make_plan(7, next_invitation_at=None, plan_stopped_at=on(2))
    invited(batch)
    further.begin(batch)
    assert batch.next_invitation_at is None


def test_staff_can_end_a_link_that_has_run_out_so_that_its_patient_is_invited_no_more(
    clock: time_machine.Traveller,
) -> None:
    batch = make_plan(14)
    patient = invited(batch)
    clock.move_to(on(10), tick=False)
    patient.refresh_from_db()
    assert may_end(patient)
    assert links.expire(invitation_id=patient.id, by=batch.created_by)
    assert not links.expire(invitation_id=patient.id, by=batch.created_by)
    assert sent_on(clock, patient, 11, 20) == {}


def test_who_is_to_be_invited_again_is_not_invited_by_another_batch(clock: time_machine.Traveller) -> None:
    batch = make_plan(14)
    patient = invited(batch)
    clock.move_to(on(10), tick=False)  # the link has run out, and the second is to come
    other = make_campaign(batch.practice, rows=0)
    assert other.patient_list is not None
    make_recipient(other.patient_list, nhs_number=patient.recipient.nhs_number)
    make_recipient(other.patient_list)
    assert [one.count for one in screening.choices(other) if one.reason == Reason.ALREADY_INVITED] == [1]
    sent_on(clock, patient, 11, 30)
    assert screening.choices(other) == []
