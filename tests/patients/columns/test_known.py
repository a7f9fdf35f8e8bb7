import pytest

from patients.columns.known import DEFINITIONS, Column, find_columns, known_column, required


@pytest.mark.parametrize(
    ("heading", "column"),
    [
        ("NHS Number", Column.NHS_NUMBER),
        ("nhs number", Column.NHS_NUMBER),
        ("  NHS   NUMBER ", Column.NHS_NUMBER),
        ("NHS\u00a0Number", Column.NHS_NUMBER),
        ("\ufeffNHS\u200b Number\u200d", Column.NHS_NUMBER),
        ("NHS_No.", Column.NHS_NUMBER),
        ("\uff2e\uff28\uff33 Number", Column.NHS_NUMBER),
        ("NHS\nNumber", Column.NHS_NUMBER),
        ("Telecom number", Column.MOBILE),
        ("Mobile telephone", Column.MOBILE),
        ("Mobile Telephone", Column.MOBILE),
        ("Contact number", Column.MOBILE),
        ("Preferred telephone number", Column.MOBILE),
        ("Date of birth", Column.DATE_OF_BIRTH),
        ("D.O.B.", Column.DATE_OF_BIRTH),
        ("Patient's name", Column.PATIENT_NAME),
        ("First name", Column.GIVEN_NAME),
        ("Given Name", Column.GIVEN_NAME),
        ("Surname", Column.FAMILY_NAME),
        ("Family Name", Column.FAMILY_NAME),
        ("Title", Column.TITLE),
        ("Telecom (mobile) Number", Column.MOBILE),
        ("Telecom Number (Mobile Number)", Column.MOBILE),
        ("Mobile Tel.", Column.MOBILE),
        ("Date of birth (dd/mm/yyyy)", Column.DATE_OF_BIRTH),
        ("Date of Death", Column.DECEASED),
        ("EMIS Number", None),
        ("EMIS No", None),
        ("Home Telephone", None),
        ("Work Telephone", None),
        ("NHS Number Status", None),
        ("Patient count", None),
        ("E-mail Address", None),
        ("", None),
        ("NHS Number" * 30, None),
    ],
)
def test_a_heading_is_known_however_it_is_spelled(heading: str, column: Column | None) -> None:
    assert known_column(heading) == column


def test_headings_are_kept_as_written_but_for_what_cannot_be_seen() -> None:
    (column,) = find_columns(["Age", "NHS\u200b \0 No."])
    assert (column.header, column.position) == ("NHS No.", 1)


def test_no_heading_stands_for_two_columns() -> None:
    headings = [name for each in DEFINITIONS.values() for name in (each.name, *each.synonyms)]
    assert [known_column(name) for name in headings] == [
        each.column for each in DEFINITIONS.values() for _ in (each.name, *each.synonyms)
    ]


def test_each_system_needs_the_columns_that_its_guide_names() -> None:
    assert required("emis") == (Column.NHS_NUMBER,)
    assert required("systmone") == (Column.NHS_NUMBER, Column.MOBILE, Column.DATE_OF_BIRTH)
