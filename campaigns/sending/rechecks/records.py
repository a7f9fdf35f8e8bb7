"""What a look at a record says of a patient of a batch, before an invitation as before a reminder."""

from collections.abc import Sequence
from datetime import datetime

from campaigns.models import Campaign
from campaigns.models.rechecks import RecordCheck
from campaigns.sending.rechecks import clearance
from integrations import record_reading
from integrations.clinical import errors
from patients.lists.checking import rules_for
from patients.models import Recipient
from patients.records import rechecks

_SAYS = (errors.PatientNotFound, errors.InvalidNhsNumber)
"""Errors that say something of the patient: there is no such record, or not one."""

_UPDATED_FIELDS = ["read_at", "change", "booked_on", "unread_since", "again_at"]


def says_nothing(answer: record_reading.Answer) -> bool:
    """Whether an answer leaves open how it stands with the patient, so that only waiting helps."""
    return isinstance(answer, errors.ClinicalError) and not isinstance(answer, _SAYS)


class Look:
    """The comparison of records with a batch's rows, made ready once for many of them."""

    def __init__(self, campaign: Campaign, now: datetime, *, trusts_numbers: bool = False) -> None:
        """At this moment. `trusts_numbers`: a list's own mobiles are right, however old it is."""
        assert campaign.patient_list is not None  # a batch that was sent has one, by constraint
        self.campaign, self.now = campaign, now
        self._rules = rules_for(campaign.patient_list)
        self._is_old = not trusts_numbers and clearance.is_old(campaign.patient_list, now)

    def compare(self, row: Recipient, answer: record_reading.Answer) -> rechecks.Change:
        """What an answer changes about a patient who could be sent a text so far."""
        record = answer.record if isinstance(answer, record_reading.Reading) else answer
        return rechecks.compare(row, record, self._rules, is_old=self._is_old)


def remember(notes: Sequence[RecordCheck]) -> None:
    """Keep what was seen of these patients, in place of what was kept of them before."""
    RecordCheck.objects.bulk_create(
        notes, update_conflicts=True, unique_fields=["recipient"], update_fields=_UPDATED_FIELDS, batch_size=1000
    )
