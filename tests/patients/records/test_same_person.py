"""Is the record that of the patient whom we mean: dates, and surnames however they are written."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.clinical.port import PatientDetails
from patients.records.same_person import Difference, Held, differences, same_surname

BORN, OTHER = date(1958, 3, 9), date(1961, 5, 3)


def record(given: str = "Asha", family: str = "Patel", born: date | None = BORN) -> PatientDetails:
    return PatientDetails("1", "9990000018", given, family, "", born, ())


@pytest.mark.parametrize(
    ("births", "recorded", "expected"),
    [
        ({BORN}, BORN, ()),
        ({BORN, OTHER}, OTHER, ()),  # written so that it may be either
        (set(), BORN, ()),
        ({BORN}, OTHER, (Difference.BIRTH,)),
        ({BORN, date(2058, 3, 9)}, OTHER, (Difference.BIRTH,)),
        ({BORN}, None, (Difference.NO_BIRTH,)),
        (set(), None, (Difference.NO_BIRTH,)),
    ],
)
def test_dates_of_birth(births: set[date], recorded: date | None, expected: tuple[Difference, ...]) -> None:
    assert differences(Held(frozenset(births)), record(born=recorded)) == expected


def test_both_may_differ() -> None:
    held = Held(frozenset({BORN}), given="Joe", family="Bloggs")
    assert differences(held, record(born=OTHER)) == (Difference.BIRTH, Difference.SURNAME)


SAME = [
    ("Patel", "Patel"),
    ("PATEL", "patel"),
    (" Patel ", "Patel"),
    ("Smith-Jones", "Jones"),
    ("Smith", "Jones-Smith"),
    ("Smith Jones", "Smith-Jones"),
    ("SmithJones", "Smith-Jones"),
    ("Smith (née Jones)", "Jones"),
    ("García López", "Lopez"),
    ("Garcia", "García Márquez"),
    ("Silva e Souza", "Souza"),
    ("da Silva", "Silva"),
    ("O'Brien", "OBrien"),
    ("O Brien", "O’Brien"),  # noqa: RUF001
    ("O\u02bcbrien", "O'BRIEN"),
    ("O`Brien", "Obrien"),
    ("D'Souza", "De Souza"),
    ("DSouza", "D’Souza"),  # noqa: RUF001
    ("Dsouza", "De Souza"),
    ("McDonald", "Mc Donald"),
    ("MacDonald", "McDonald"),
    ("Mac Donald", "McDonald-Reid"),
    ("van der Berg", "Vanderberg"),
    ("Van Dijk", "Dijk"),
    ("van den Heuvel", "Heuvel"),
    ("von Braun", "BRAUN"),
    ("El-Sayed", "Al Sayed"),
    ("Elsayed", "El-Sayed"),
    ("Alsayed", "Sayed"),
    ("Abdul Rahman", "Abdulrahman"),
    ("Abdurrahman", "Abd al-Rahman"),
    ("FitzGerald", "Fitz Gerald"),
    ("St. John", "Saint-John"),
    ("St Clair", "Stclair"),
    ("Müller", "Muller"),
    ("Müller", "Mueller"),
    ("Jørgensen", "Jorgensen"),
    ("Jørgensen", "Joergensen"),
    ("Weiß", "Weiss"),
    ("Łukasiewicz", "Lukasiewicz"),
    ("Đorđević", "Djordjevic"),
    ("Þórsson", "Thorsson"),
    ("Kılıç", "Kilic"),  # noqa: RUF001
    ("Nu\u0301n\u0303ez", "Núñez"),
    ("Pa\u00adtel\u200b", "Patel"),
    ("Bloggs Jr", "Bloggs"),
    ("Bloggs III", "Bloggs"),
    ("Mr Bloggs", "Bloggs"),
    ("B", "Bloggs"),
    ("B.", "Bloggs"),
    ("O", "O"),
    ("Le", "Le"),
    ("Van", "Van Nguyen"),
    ("Master", "Master"),
    ("", "Bloggs"),
    (" - ", "Bloggs"),
    ("Bloggs", ""),
]


@pytest.mark.parametrize(("first", "other"), SAME)
def test_a_surname_is_the_same_however_it_is_written(first: str, other: str) -> None:
    assert same_surname(Held(family=first), record("", other))
    assert same_surname(Held(family=other), record("", first))
    assert same_surname(Held(given="Kim", family=first), record("Kim", other))


@pytest.mark.parametrize(
    ("first", "other"),
    [
        ("Patel", "Bloggs"),
        ("van Dijk", "van Gogh"),
        ("de Souza", "de Silva"),
        ("O'Brien", "O'Neil"),
        ("McDonald", "McKenzie"),
        ("Mac", "McKenzie"),
        ("al-Sayed", "al-Masri"),
        ("Abdul Rahman", "Abdul Karim"),
        ("St John", "St Clair"),
        ("Smith-Jones", "Brown-Davies"),
        ("B", "Smith"),
        ("Mr Bloggs", "Mr Smith"),
        ("Bloggs Jr", "Smith Jr"),
        ("van der Berg", "van der Meer"),
        ("Dale", "Hale"),
        ("Le", "Li"),
    ],
)
def test_a_surname_that_shares_nothing_differs(first: str, other: str) -> None:
    for held, recorded in ((first, other), (other, first)):
        assert not same_surname(Held(given="Kim", family=held), record("Kim", recorded))


@pytest.mark.parametrize(
    ("held", "given", "family", "same"),
    [
        (Held(given="Bloggs", family="Joe"), "Joe", "Bloggs", True),
        (Held(given="", family="Joe"), "Joe", "Bloggs", True),
        (Held(given="Peter", family="James"), "James", "Smith", False),  # another who is called so
        (Held(given="Mohammed", family="Ali"), "Mohammed Ali", "Khan", True),
        (Held(given="James", family="James"), "James", "Khan", False),
        (Held(given="Joe", family="Bloggs"), "", "Joe Bloggs", True),
        (Held(given="Joe", family="Bloggs"), "Joe Bloggs", "", True),
        (Held(given="Kim", family="Bloggs"), "Joe", "", False),
        (Held(given="Suharto"), "", "Suharto", True),  # nothing in the surname's place to compare
        (Held(given="Joe", family="Bloggs"), "", "", True),
        (Held(whole="Joe Bloggs"), "Joe", "Bloggs", True),
        (Held(whole="Mr Joe Bloggs"), "Joe", "Bloggs", True),
        (Held(whole="BLOGGS, Joe (Mr)"), "Joe", "Bloggs", True),
        (Held(whole="BLOGGS Joe"), "Joe", "Bloggs", True),
        (Held(whole="García López María"), "María", "López", True),
        (Held(whole="Bloggs"), "Joe", "Bloggs", True),
        (Held(whole="Joe"), "Joe", "Bloggs", True),
        (Held(whole="J Bloggs"), "Joe", "Bloggs", True),
        (Held(whole="James Brown"), "Ann", "James", False),
        (Held(whole="Ann Smith"), "Joe", "Bloggs", False),
        (Held(whole="SMITH, Joe"), "Joe", "Bloggs", False),
        (Held(whole="Mr Smith"), "Joe", "Bloggs", False),
        (Held(given="Joe", family="Smith", whole="Joe Bloggs"), "Joe", "Bloggs", False),
        (Held(whole=""), "Joe", "Bloggs", True),
        (Held(whole=" , "), "Joe", "Bloggs", True),
    ],
)
def test_the_places_of_given_name_and_surname(held: Held, given: str, family: str, same: bool) -> None:
    assert same_surname(held, record(given, family)) is same


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_any_text_is_compared_and_agrees_with_itself(given_name: str, family: str, whole: str) -> None:
    recorded = record(given_name, family)
    assert same_surname(Held(given=given_name, family=family), recorded)
    same_surname(Held(whole=whole), recorded)
    assert same_surname(Held(family=family), record(family, given_name)) or not family.strip()
