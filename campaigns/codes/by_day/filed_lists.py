"""What staff say they have filed, as a list of NHS numbers, beside what is open: who matches, and who does not.

Nothing is settled by looking. What is confirmed afterwards is the entries that were shown to match, and no others.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from campaigns.codes.by_day import groups as by_day
from campaigns.codes.by_day.groups import Group
from patients.files.number_lists import BadNumber, NumberList
from patients.reasons import Reason
from patients.reasons.explanations import EXPLANATIONS
from practices.models import Practice


@dataclass(frozen=True, slots=True)
class Comparison:
    """A list of NHS numbers beside a group.

    `matched`: the open entries of patients on the list. The others are patients, by NHS number: `still_open` of the
    group and not on the list, `filed` on the list and in the record already, `elsewhere` on the list with a code to
    file of another group only, `unknown` on the list with none at all.
    """

    matched: list[UUID]
    patients: int
    still_open: list[str]
    filed: list[str]
    elsewhere: list[str]
    unknown: list[str]
    repeated: int
    bad: list[BadNumber]


def compare(practice: Practice, group: Group, listed: NumberList) -> Comparison:
    """Lay a list beside a group: four queries, however long both are."""
    entries = list(by_day.open_entries(practice, group).values_list("id", "nhs_number"))
    matched = [entry_id for entry_id, number in entries if number in listed.numbers]
    here = {number for _, number in entries}
    rest = [number for number in listed.numbers if number not in here]
    filed = _among(rest, by_day.in_the_record(practice, group).values_list("nhs_number", flat=True))
    rest = [number for number in rest if number not in filed]
    elsewhere = _among(rest, by_day.all_open(practice).values_list("nhs_number", flat=True))
    return Comparison(
        matched=matched,
        patients=len(here.intersection(listed.numbers)),
        still_open=sorted(here.difference(listed.numbers)),
        filed=sorted(filed),
        elsewhere=sorted(elsewhere),
        unknown=[number for number in rest if number not in elsewhere],
        repeated=listed.repeated,
        bad=listed.bad,
    )


def _among(numbers: Iterable[str], there: Iterable[str]) -> set[str]:
    return set(numbers).intersection(there)


def why(reason: Reason) -> str:
    """What is wrong with a number, in words for staff."""
    return EXPLANATIONS[reason].sentence
