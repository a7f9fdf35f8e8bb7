"""A batch that was sent a moment ago, and what has to be true of it in the end."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from campaigns.models import Campaign, Invitation, Wave
from campaigns.models.states import CampaignState
from integrations.models import ChannelConnection
from integrations.models.outbox import CodedEntry, Message
from integrations.models.states import CodeState, MessageState
from practices.models import Practice
from tests.connected import connect
from tests.factories import make_campaign, make_practice
from tests.resilience.crash.yard import Yard
from tests.resilience.storm import app
from tests.resilience.storm.batch import make_patients
from tests.resilience.storm.books import check_each_texted_once
from tests.waiting import wait_until


def send_batch(yard: Yard, patients: int, first: int, *, by_app: bool = False) -> Campaign:
    """A batch for so many patients for which Send has just been pressed: all else is for the workers to do.

    `by_app`: into the NHS App first. Nobody reads it there, and no news of it comes.
    """
    practice = make_practice()
    connect(practice, yard.sandbox)
    _step(yard, practice)
    if by_app:
        app.connect_app(yard.sandbox, practice)
    patient_list = make_patients(practice, patients, first)
    known = [
        {
            "ods": practice.ods_code,
            "nhs_number": recipient.nhs_number,
            "given": recipient.given_name,
            "family": recipient.family_name,
            "dob": "1958-03-09",
            "mobile": recipient.mobile,
        }
        for recipient in patient_list.recipients.all()
    ]
    yard.sandbox.control("seed", {"patients": known})
    by = patient_list.uploaded_by
    sent: dict[str, Any] = {"state": CampaignState.SCHEDULED, "started_by": by, "started_at": timezone.now()}
    return make_campaign(practice, by, patient_list=patient_list, any_hour=True, **sent)


def _step(yard: Yard, practice: Practice) -> None:
    account = ChannelConnection.objects.get(practice=practice)
    step = {"sid": account.account_sid, "token": account.auth_token, "step_seconds": 0.05}
    yard.sandbox.control("seed", {"accounts": [step]})


def progress(campaign: Campaign) -> int:
    """Texts and codes that are done."""
    return _of(Message, campaign) + _of(CodedEntry, campaign)


def _of(model: type[Message] | type[CodedEntry], campaign: Campaign) -> int:
    return model.objects.filter(campaign_id=campaign.id, due_at=None).exclude(state=CodeState.WAITING).count()


def wait_for(campaign: Campaign, done: int, seconds: float, meanwhile: Callable[[], None] = lambda: None) -> None:
    """Return once so many texts and codes are done. PostgreSQL may be away; `meanwhile` is called again and again."""
    pace = threading.Event()

    def is_done() -> bool:
        pace.wait(0.2)  # the machine is busy enough
        meanwhile()
        try:
            return progress(campaign) >= done
        except (OperationalError, InterfaceError):
            connection.close()
            return False

    wait_until(is_done, seconds)


def wait_for_end(campaign: Campaign, seconds: float, meanwhile: Callable[[], None] = lambda: None) -> None:
    """Return once nothing more is to be done for any text or code."""
    assert campaign.patient_list is not None
    wait_for(campaign, 2 * campaign.patient_list.row_count, seconds, meanwhile)


def check(yard: Yard, campaign: Campaign) -> None:
    """Each patient has one invitation, one text, and one code in the record; nothing waits."""
    assert campaign.patient_list is not None
    patients = campaign.patient_list.row_count
    campaign.refresh_from_db()
    assert campaign.state in (CampaignState.RUNNING, CampaignState.FINISHED)
    assert Invitation.objects.filter(campaign=campaign).count() == patients
    assert sum(Wave.objects.filter(campaign=campaign).values_list("made", flat=True)) == patients
    messages = Message.objects.filter(campaign_id=campaign.id)
    assert Counter(messages.values_list("state", flat=True)) == {MessageState.DELIVERED: patients}
    check_each_texted_once(yard.sandbox, [campaign])
    codes = CodedEntry.objects.filter(campaign_id=campaign.id)
    assert Counter(codes.values_list("state", flat=True)) == {CodeState.FILED: patients}
    filed = yard.sandbox.control(f"books?part=codes&ods={campaign.practice.ods_code}")["codes"]
    assert sorted(entry["nhs_number"] for entry in filed) == sorted(codes.values_list("nhs_number", flat=True))
    assert {entry["key"] for entry in filed} == {str(code.id) for code in codes}
