"""A patient's row against their record once more, some time after the list was checked with it.

The clinical system shows no record of a patient who has died or left, or whose record is restricted, so for each of
these the record is not there any more. Where a list has no mobiles of its own (EMIS), the record's present one is
texted. Others have them (SystmOne). While such a list is young, its number is what staff saw in the record a moment
ago. Later the record is the newer of the two: when it has mobiles, and the list's is not among them, it cannot be said
whose phone that is now. Nobody is texted then. Nor is the record's number taken: staff looked through this list, and
chose the numbers in it.
"""

from copy import copy
from dataclasses import dataclass

from integrations.clinical import errors
from integrations.clinical.registry import profile_of
from integrations.messaging.numbers import NotAMobile, parse_mobile
from patients.checks.rows import Rules
from patients.models import Recipient, Verdict
from patients.reasons import Reason
from patients.records.verdicts import RecordAnswer, give_verdict

NEW_MOBILE = "new_mobile"
"""What has changed of a patient who is texted on another number than before. Other changes are Reason values."""

FROM_RECORD = (
    *("mobile", "date_of_birth", "given_name", "family_name", "recorded_name"),
    *("verdict", "reasons", "tidied"),
)
"""The fields of a row that a look at its record may change."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a look at a record means for a row. `row` is a copy of it, unsaved, as it is by the record.

    `what` is the first Reason why the patient cannot be texted any more, NEW_MOBILE, or empty.
    """

    row: Recipient
    what: str

    @property
    def can(self) -> bool:
        """Whether the patient may still be texted."""
        return self.row.verdict == Verdict.CAN


def compare(row: Recipient, answer: RecordAnswer, rules: Rules, *, is_old: bool) -> Change:
    """What an answer about a patient who could be sent a text changes. `is_old`: the list's numbers may be stale."""
    now = copy(row)
    give_verdict(now, answer, rules)
    if is_old and now.verdict == Verdict.CAN and _has_other_mobile(now, answer, rules):
        now.verdict, now.reasons = Verdict.CANNOT, [Reason.RECORD_MOBILE_DIFFERS]
    if now.verdict == Verdict.CANNOT:
        return Change(now, str(now.reasons[0]))
    return Change(now, NEW_MOBILE if now.mobile != row.mobile else "")


def _has_other_mobile(row: Recipient, answer: RecordAnswer, rules: Rules) -> bool:
    """Whether the record of a patient with a number of the list's own has mobiles, and this is none of them."""
    if profile_of(rules.system).details_from_record or isinstance(answer, errors.ClinicalError):
        return False
    recorded = set()
    for number in answer.mobiles:
        try:
            recorded.add(parse_mobile(number, allow_test_numbers=rules.allow_test_numbers).e164)
        except NotAMobile:
            continue
    return bool(recorded) and row.mobile not in recorded
