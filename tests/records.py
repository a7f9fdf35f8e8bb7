"""Clinical systems in which every patient is as our list has them, and nobody has an appointment."""

from collections.abc import Sequence
from datetime import date

from integrations import record_reading
from integrations.clinical.port import PatientDetails
from patients.models import Recipient
from practices.models import Practice, User


def as_listed(
    practice: Practice, actor: User, questions: Sequence[record_reading.Question], today: date
) -> list[record_reading.Answer]:
    """Takes the place of `record_reading.read` in tests that are about other things."""
    numbers = [question.nhs_number for question in questions]
    rows = {row.nhs_number: row for row in Recipient.objects.filter(practice=practice, nhs_number__in=numbers)}
    return [record_reading.Reading(_record_of(rows[number])) for number in numbers]


def _record_of(row: Recipient) -> PatientDetails:
    return PatientDetails(
        local_id=str(row.id),
        nhs_number=row.nhs_number,
        given=row.given_name,
        family=row.family_name,
        title="",
        date_of_birth=row.date_of_birth,
        mobiles=(row.mobile,),
    )
