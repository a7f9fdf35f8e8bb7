"""What the sweeps cost while nothing is due: with 15 running batches, and with 1,500 in 300 practices.

Each batch has patients who were invited and texted, and one who waits for times of which there are none. A sweep that
looks at batches one by one would take a hundred times as many statements then.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from statistics import median
from time import perf_counter
from unittest.mock import patch

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bench.sending.batch import invitation_for, patients_of
from bench.timing import promise
from booking.models import WaitingPatient
from booking.slots import free_list
from booking.slots.listing import FreeList
from booking.workers import waiting_list
from campaigns.models import Campaign
from campaigns.models.states import CampaignState
from core.database import copy_in
from integrations.models.outbox import Message, Purpose
from integrations.models.states import MessageState
from patients.models import ListState, PatientList, Recipient
from practices.models import Practice, User
from selfbook.celery import SWEEPS, app

_BATCHES, _PATIENTS = 5, 4
"""Batches of a practice, and patients of a batch."""

_MOST_MILLISECONDS = 250


def run(*, quick: bool = False) -> bool:
    """Measure, print, and say whether every promise was kept."""
    few, many, rounds = 3, (30 if quick else 300), (3 if quick else 7)
    staff = User.objects.create(email="sweeper@example.org")
    app.loader.import_default_modules()
    with _no_free_times():
        _practices(staff, range(few))
        before = {name: _measure(app.tasks[task], rounds) for name, (task, _) in SWEEPS.items()}
        _practices(staff, range(few, many))
        after = {name: _measure(app.tasks[task], rounds) for name, (task, _) in SWEEPS.items()}
    print(f"\nSweeps with nothing due, {few * _BATCHES} and {many * _BATCHES:,} running batches")
    for name, (milliseconds, statements) in after.items():
        then, asked = before[name]
        print(f"  {name:<32} {then:>7.1f} and {milliseconds:>7.1f} ms  {asked:>3} and {statements:>3} statements")
    more = sum(statements - before[name][1] for name, (_, statements) in after.items())
    print()
    return all(
        [
            promise("statements of all sweeps more than with few batches", more, at_most=0),
            promise("ms of the slowest sweep", max(each for each, _ in after.values()), at_most=_MOST_MILLISECONDS),
        ]
    )


@contextmanager
def _no_free_times() -> Iterator[None]:
    """It is day, and every clinical system has been asked a moment ago, and has no times."""
    none = FreeList(timezone.now(), ())
    with (
        patch.object(waiting_list, "is_sociable", lambda at: True),
        patch.object(free_list, "free", lambda campaign: none),
    ):
        yield


def _measure(sweep: Callable[[], object], rounds: int) -> tuple[float, int]:
    """The median milliseconds of a sweep, and its statements, once it has done what there was to do."""
    sweep()
    sweep()
    seconds = []
    for _ in range(rounds):
        begun = perf_counter()
        sweep()
        seconds.append(perf_counter() - begun)
    with CaptureQueriesContext(connection) as asked:
        sweep()
    return median(seconds) * 1000, len(asked)


def _practices(staff: User, numbers: range) -> None:
    """These practices, with their running batches, by a few statements for all of them."""
    practices = Practice.objects.bulk_create(
        Practice(ods_code=f"S{number:05}", name="Example Surgery", phone="01632 960123", clinical_system="systmone")
        for number in numbers
    )
    lists = PatientList.objects.bulk_create(
        PatientList(
            practice=practice,
            uploaded_by=staff,
            system=practice.clinical_system,
            state=ListState.READY,
            row_count=_PATIENTS,
        )
        for practice in practices
        for _ in range(_BATCHES)
    )
    campaigns = Campaign.objects.bulk_create(_campaign(patient_list, staff) for patient_list in lists)
    people = [person for patient_list in lists for person in islice(patients_of(patient_list), _PATIENTS)]
    Recipient.objects.bulk_create(people, batch_size=2_000)
    by_list = {campaign.patient_list_id: campaign for campaign in campaigns}
    invitations = [invitation_for(by_list[person.patient_list_id], person) for person in people]
    copy_in(invitations)
    now = timezone.now()
    copy_in(
        [
            Message(
                practice_id=invitation.practice_id,
                campaign_id=invitation.campaign_id,
                subject_id=invitation.id,
                purpose=Purpose.INVITATION,
                to=invitation.recipient.mobile,
                body="",
                state=MessageState.DELIVERED,
                due_at=None,
                sent_at=now,
                settled_at=now,
            )
            for invitation in invitations
        ]
    )
    waiting = invitations[::_PATIENTS]
    WaitingPatient.objects.bulk_create(
        WaitingPatient(invitation=invitation, practice_id=invitation.practice_id) for invitation in waiting
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _campaign(patient_list: PatientList, staff: User) -> Campaign:
    """A batch that has gone, with reminders still to come."""
    now = timezone.now()
    return Campaign(
        practice_id=patient_list.practice_id,
        created_by=staff,
        state=CampaignState.RUNNING,
        slot_type="Flu vaccination",
        message="Dear Alma, you can now book your flu vaccination at Example Surgery: {link}",
        allow_decline=False,
        patient_list=patient_list,
        started_by=staff,
        started_at=now,
        starts_at=now,
        reminder_days=[3],
        next_reminder_at=now + timedelta(days=3),
    )
