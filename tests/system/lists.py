"""Patient lists to upload."""

from collections.abc import Sequence
from pathlib import Path

from integrations.clinical.samples import SampleRow
from patients.files.samples import write_sample
from selfbook.demo.people import Person
from selfbook.demo.practices import DemoPractice


def write_list(file: Path, practice: DemoPractice, people: Sequence[Person]) -> Path:
    """A list of these patients as the practice's system exports it."""
    rows = [
        SampleRow(person.nhs_number, person.mobile, person.date_of_birth, person.given, person.family)
        for person in people
    ]
    with file.open("w", newline="", encoding="utf-8") as out:
        write_sample(system=practice.system.key, rows=rows, file=out)
    return file
