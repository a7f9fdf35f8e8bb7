"""Sample patient lists of the made-up practices, with the faults that real ones have."""

import csv
from collections.abc import Sequence
from pathlib import Path

from integrations.clinical.profile import SystemProfile
from integrations.clinical.samples import SampleRow
from patients.files.samples import write_sample
from selfbook.demo.people import Person
from selfbook.demo.practices import BOTH, DemoPractice

ON_A_LIST = 60


def write_all(folder: Path) -> None:
    """One list of 60 patients for each practice, and who has which phone."""
    folder.mkdir(parents=True, exist_ok=True)
    for practice in BOTH:
        write_for(folder, practice, ON_A_LIST)
    with (folder.parent / "who-is-who.csv").open("w", newline="", encoding="utf-8-sig") as out:
        writer = csv.writer(out)
        writer.writerow(["Phone", "Name", "Date of birth", "Practice"])
        for practice in BOTH:
            for person in practice.people(ON_A_LIST):
                born = f"{person.date_of_birth:%d/%m/%Y}"
                writer.writerow([person.mobile, f"{person.given} {person.family}", born, practice.name])


def write_for(folder: Path, practice: DemoPractice, number: int, people: Sequence[Person] | None = None) -> Path:
    """A list of so many of a practice's patients, with faulty rows after them; of `people`, where they are given."""
    people = people or practice.people(number)
    file = folder / f"{practice.mail}-{number}-patients.csv"
    with file.open("w", newline="", encoding="utf-8-sig") as out:
        write_sample(system=practice.system.key, rows=[*_good(people), *_faulty(people, practice.system)], file=out)
    return file


def _row(person: Person, **changes: str) -> SampleRow:
    facts = {
        "nhs_number": person.nhs_number,
        "mobile": person.mobile,
        "date_of_birth": person.date_of_birth,
        "given_name": person.given,
        "family_name": person.family,
    }
    return SampleRow(**(facts | changes))  # type: ignore[arg-type] # the facts are the row's own fields


def _good(people: Sequence[Person]) -> list[SampleRow]:
    return [_row(person) for person in people]


def _faulty(people: Sequence[Person], system: SystemProfile) -> list[SampleRow]:
    first = people[0]
    number = first.nhs_number
    numbers = [
        _row(first),
        _row(first, nhs_number=number[:-1] + str((int(number[-1]) + 1) % 10)),
        _row(first, nhs_number=number[:-1]),
        _row(first, nhs_number="9.99E+09"),
    ]
    if system.details_from_record:
        return [*numbers, _row(first, nhs_number="9999999018")]
    return [
        *numbers,
        _row(first, nhs_number="9990000026", mobile="0113 496 0123"),
        _row(first, nhs_number="9990000034", mobile=""),
        _row(first, nhs_number="9990000042", mobile="07700 9001"),
        _row(first, nhs_number="9990000050", date_of_birth="31-Apr-1958"),
    ]
