"""What a patient list must look like, for the people who make one: the columns, and made-up sample lists."""

from dataclasses import dataclass
from datetime import date

from integrations.clinical.registry import profile_of
from integrations.clinical.samples import SampleRow
from patients.columns.known import DEFINITIONS, Column, required

_USES: dict[Column, str] = {
    Column.NHS_NUMBER: "It tells us who the patient is.",
    Column.MOBILE: "We text the patient on this number.",
    Column.DATE_OF_BIRTH: "Patients type in their date of birth to prove who they are.",
    Column.PATIENT_NAME: "The text begins with the patient's first name.",
    Column.GIVEN_NAME: "The text begins with it.",
    Column.FAMILY_NAME: "It helps you to find the patient on our pages.",
    Column.TITLE: "We only show it to you. It is not in the text.",
    Column.GENDER: "We compare it with the patient's record, where we read it, and show you when the two differ.",
    Column.DECEASED: "We leave the patient out when it has a date in it, or says Yes.",
    Column.REGISTRATION: "We leave the patient out when it says that they have left your practice.",
    Column.LEFT: "We leave the patient out when it has a date in it, or says Yes.",
    Column.TEXT_CONSENT: "We leave the patient out when it says No. When it is empty, we ask you.",
    Column.TEXT_REFUSAL: "We leave the patient out when it says Yes.",
    Column.PRIORITY: "When there are too few appointments, you can invite patients in this order: 1 first, then 2.",
}
# A system that answers for each NHS number: the same columns serve another purpose there.
_USES_WITH_THE_RECORD: dict[Column, str] = {
    Column.MOBILE: "We do not use it. We take the number from {system}.",
    Column.DATE_OF_BIRTH: "We compare it with {system}, and hold the patient back when the two differ.",
    Column.PATIENT_NAME: "We take the name from {system}. "
    "We hold the patient back when the surname here is another one.",
    Column.GIVEN_NAME: "We take the name from {system}, and show you when the one here is another.",
    Column.GENDER: "We compare it with {system}, and show you when the two differ.",
    Column.FAMILY_NAME: "We compare it with {system}, and hold the patient back when it is another name.",
}


@dataclass(frozen=True, slots=True)
class ColumnHelp:
    """One column for the help page: its names, whether the file must have it, an example, and what we do with it."""

    name: str
    synonyms: tuple[str, ...]
    required: bool
    example: str
    use: str


def uses_of(system: str) -> dict[Column, str]:
    """What we do with each column of a list of this system."""
    profile = profile_of(system)
    if not profile.details_from_record:
        return _USES
    return _USES | {column: use.format(system=profile.name) for column, use in _USES_WITH_THE_RECORD.items()}


def column_help(system: str) -> list[ColumnHelp]:
    """Every column that a list of this system may have, those that it must have first."""
    uses = uses_of(system)
    must = required(system)
    in_order = [*must, *(column for column in DEFINITIONS if column not in must)]
    return [
        ColumnHelp(
            name=DEFINITIONS[column].name,
            synonyms=DEFINITIONS[column].synonyms,
            required=column in must,
            example=DEFINITIONS[column].example,
            use=uses[column],
        )
        for column in in_order
    ]


SAMPLE_ROWS = (
    SampleRow("9990000018", "07700 900123", date(1958, 3, 9), "Asha", "Patel", "Mrs"),
    SampleRow("9990000026", "07700 900124", date(1960, 4, 10), "Ben", "Okoro", "Mr"),
    SampleRow("9990000034", "07700 900125", date(1971, 11, 23), "Zoë", "Evans", "Ms"),
    # The last digit of this NHS number is wrong, to show what is done with such a row.
    SampleRow("9990000019", "07700 900126", date(1949, 7, 1), "Sam", "Hughes", "Mr"),
)
"""The patients of the sample lists. They are nobody: numbers of the 999 range, phones that Ofcom keeps for fiction."""
