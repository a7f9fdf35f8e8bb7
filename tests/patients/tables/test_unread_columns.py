"""What a column that we do not know says: in any wording it is understood for certain, or staff are asked."""

import io
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.checks.rows import CheckedRow, ListCheck
from patients.columns import word_lists
from patients.columns.known import Column, known_column
from patients.files.reader import Table, open_table
from patients.reasons import Reason
from patients.tables.faults import FileFault, FileFaultCode
from patients.tables.unread_columns import (
    MOST_COLUMNS,
    MOST_QUESTIONS,
    MOST_VALUES,
    Kind,
    Question,
    topic_of_cell,
    topic_of_heading,
)
from tests.factories import nhs_number
from tests.patients.list_files import EMIS, GOOD, SYSTMONE, SYSTMONE_HEADER, rules, systmone
from tests.patients.packing import workbook


def read_list(data: bytes, system: str = SYSTMONE) -> tuple[list[CheckedRow], Table]:
    with open_table(io.BytesIO(data), system=system, most_bytes=10_000_000, most_rows=100_000) as table:
        return list(ListCheck(rules(system)).check_table(table)), table


def column(heading: str, *cells: str) -> bytes:
    """A list with one more column."""
    rows = [(nhs_number(place), GOOD[1], GOOD[2], f'"{cell}"') for place, cell in enumerate(cells)]
    return systmone(*rows, header=f'{SYSTMONE_HEADER},"{heading}"')


def outcome(heading: str, cell: str) -> str:
    """What becomes of a patient: "out" for certain, "asked", or "sent"."""
    (row,), _ = read_list(column(heading, cell))
    return "out" if row.reasons else "asked" if row.asked else "sent"


@pytest.mark.hazard("H-16.6")
@pytest.mark.parametrize(
    "heading",
    [
        *("Deceased", "Deceased (Y/N)", "Deceased?", "Is deceased", "Patient deceased", "DECEASED Y/N", "Died", "Dead"),
        *("SMS Opt Out", "Opted out of texts", "sms_opt_out", "SMSOptOut", "Text opt-out (Yes/No)", "SMS dissent"),
        *("SMS declined", "Declined SMS", "Refuses texts (Y/N)", "Texts refused", "SMS consent withdrawn"),
        *("Left practice", "Deducted", "Deregistered (Y/N)", "De-registered", "Inactive", "Moved away", "Gone away"),
        *(
            "Do not text",
            "No SMS",
            "Don't text",
            "No contact by SMS",
            "Do not contact",
            "NoTexts",
            "DNT",
            "Consent withdrawn",
        ),
        *(
            "Objects to texts",
            "Type 1 opt out",
            "National data opt-out",
            "Exclude",
            "Unsubscribed?",
            "No longer registered",
        ),
        *(
            "RIP?",
            "Has the patient died?",
            "Passed away",
            "SMS refused by patient",
            "Not to be contacted",
            "STOP texts",
        ),
    ],
)
def test_a_yes_that_means_no_is_never_sent(heading: str) -> None:
    for yes in ("Yes", "Y", "TRUE", "1"):
        assert outcome(heading, yes) in ("out", "asked"), yes


@pytest.mark.hazard("H-16.5")
@pytest.mark.parametrize(
    "heading",
    [
        *(
            "SMS Consent",
            "SMS Consent (Y/N)",
            "Consent to text messages",
            "Text consent?",
            "OK to text",
            "Can be texted",
        ),
        *("Allow SMS", "Happy to receive texts", "SMS permission", "Opted in to SMS", "Consents to texts"),
        *(
            "Text Y/N",
            "Consent",
            "SMS",
            "Contact by text",
            "Agrees to be contacted",
            "Text message OK?",
            "Messaging consent",
        ),
        *("Communication consent", "Permission to contact", "Wants texts", "SMSConsent", "No objection to SMS"),
        *(
            "Registered",
            "Active",
            "Currently registered",
            "Registration status",
            "Alive (Y/N)",
            "Consent to SMS recorded",
        ),
    ],
)
def test_a_no_that_means_no_is_never_sent(heading: str) -> None:
    for no in ("No", "N", "FALSE", "0"):
        assert outcome(heading, no) in ("out", "asked"), no


@pytest.mark.parametrize(
    ("heading", "cell", "becomes"),
    [
        ("Deceased (Y/N)", "N", "sent"),
        ("Deceased", "", "sent"),
        ("Deceased", "Not deceased", "sent"),
        ("Deceased", "perhaps", "out"),
        ("Date of death", "01/02/2026", "out"),
        ("Date of death", "46054", "out"),
        ("SMS Opt Out", "No", "sent"),
        ("SMS Opt Out", "", "sent"),
        ("SMS Opt Out", "Opted in", "sent"),
        ("SMS Opt Out", "12-Mar-2024", "out"),
        ("SMS declined", "No", "sent"),
        ("Refuses texts (Y/N)", "N", "sent"),
        ("SMS Consent (Y/N)", "Yes", "sent"),
        ("SMS Consent", "Consent given for SMS text messages 12/03/2024", "sent"),
        ("SMS Consent", "No objection to SMS", "sent"),
        ("SMS Consent", "Declined consent for short message service", "out"),
        ("SMS Consent", "Consent withdrawn", "out"),
        ("SMS Consent", "sometimes", "out"),
        ("SMS Consent", "Yes until 2019", "out"),
        ("SMS Consent", "Unknown", "asked"),
        ("SMS Consent", "Not recorded", "asked"),
        ("SMS Consent", "", "asked"),
        ("Do not text", "No", "asked"),
        ("Consent withdrawn", "N", "asked"),
        ("Contact preference", "Text", "asked"),
        ("Contact preference", "", "asked"),
        ("Preferred method of contact", "Letter", "asked"),
        ("No contact by SMS", "", "sent"),
        ("Communication needs", "large print", "asked"),
        ("Communication needs", "", "sent"),
        ("Date left", "", "sent"),
        ("Date left", "01/02/2026", "out"),
        ("Registration status", "Registered", "sent"),
        ("Registration status", "Deducted", "out"),
        ("Registration status", "Applied", "out"),
        ("Registered", "12/03/2010", "sent"),
        ("Safeguarding", "see alert", "asked"),
    ],
)
def test_what_becomes_of_a_patient(heading: str, cell: str, becomes: str) -> None:
    assert outcome(heading, cell) == becomes


@pytest.mark.hazard("H-16.5")
@pytest.mark.parametrize(
    "cell",
    [
        *("DECEASED", "Pt died 3/11", "R.I.P.", "rip 2021", "†", "Dec'd", "passed away in May", "wife reports death"),
        *(
            "do not text",
            "Don't text!",
            "DO NOT CONTACT",
            "pls dont ring",
            "no texts please",
            "No SMS",
            "opted out",
            "opt-out",
        ),
        *(
            "refused",
            "Refuses texts",
            "declined sms",
            "dissent recorded",
            "consent withdrawn",
            "prefers letter",
            "by post only",
        ),
        *(
            "deducted",
            "left practice",
            "moved away",
            "no longer registered",
            "STOP",
            "no thanks",
            "exclude",
            "unsubscribed",
        ),
        *(
            "safeguarding concern",
            "large print",
            "Does not want messages",
            "SMS declined - No",
            "No objection to SMS",
            "\uff24\uff25\uff23\uff25\uff21\uff33\uff25\uff24",
        ),
        *(
            "prefers mornings",
            "contact via carer",
            "Not to be invited",
            "no mobile",
            "wrong number",
            "opting out",
            "deseased",
            "consent: n",
            "Text OK",
        ),
    ],
)
def test_such_words_are_heard_in_any_column(cell: str) -> None:
    assert topic_of_cell(cell) is not None
    for heading in ("Notes", "Comments", "Ward", "", "Free text"):
        assert outcome(heading, cell) == "asked", heading


@pytest.mark.parametrize(
    "cell",
    [
        *("", "rang 3/11", "left knee", "Asthma", "12 High Street, Leeds", "Dr A Grey", "1", "Elm", "COPD review due"),
        *(
            "a@example.org",
            "07700 900123",
            "Late shift",
            "Stopped smoking 2019",
            "Right hip",
            "Type 2 diabetes",
            "2026-01-02",
        ),
        *("Contact daughter", "Text book", "Ripley", "Deadman's Lane", "Exclusive", "Refuge House", "Consett"),
    ],
)
def test_other_words_are_not_asked_about(cell: str) -> None:
    assert outcome("Notes", cell) == "sent"


@pytest.mark.parametrize(
    "heading",
    [
        *("Patient count", "Usual GP", "E-mail address", "Ward", "Diagnosis", "Address", "Post code", "Age", "Sex"),
        *(
            "Registered GP",
            "Date of registration",
            "Next of kin",
            "Language",
            "Ethnicity",
            "EMIS Number",
            "Last contact",
        ),
        *("Emergency contact", "Contact name", "Free text", "Frailty status", "BMI", "Preferred name", "Known as"),
    ],
)
def test_other_headings_are_not_asked_about(heading: str) -> None:
    assert topic_of_heading(heading) is None
    assert outcome(heading, "Elm") == "sent"


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_heading_and_cell_have_an_outcome(heading: str, cell: str) -> None:
    known_column(heading)
    topic_of_heading(heading)
    topic_of_cell(cell)


@given(
    word=st.sampled_from(["deceased", "do not text", "opted out", "refused", "RIP", "dissent", "no longer registered"]),
    before=st.text("abcxyz ,;.-/(", max_size=10),
    after=st.text("abcxyz ,;.-/)", max_size=10),
    upper=st.booleans(),
)
def test_a_word_is_heard_whatever_stands_around_it(word: str, before: str, after: str, upper: bool) -> None:
    cell = f"{before} {word.upper() if upper else word}, {after}"
    assert topic_of_cell(cell) is not None


def test_emis_columns_that_are_not_used_are_listened_to() -> None:
    """The number comes from EMIS, so nothing else would notice what stands in its place."""
    data = b"NHS Number,Mobile Telephone,Date of Birth\n9990000018,DO NOT TEXT,\n9990000026,07700900124,deceased 2021\n"
    rows, table = read_list(data, EMIS)
    assert [row.asked for row in rows] == [(1,), (2,)]
    assert [question.header for question in table.questions.all] == ["Mobile Telephone", "Date of Birth"]


def test_dates_make_no_other_question() -> None:
    rows, table = read_list(column("Notes", "Declined SMS 01/02/2024", "declined sms (3-Mar-2025)", "Declined SMS"))
    assert [row.asked for row in rows] == [(1,), (1,), (1,)]
    assert [(question.text, question.rows) for question in table.questions.all] == [("Declined SMS 01/02/2024", 3)]


def test_codes_that_differ_by_a_digit_are_other_questions() -> None:
    rows, _ = read_list(column("Consent level", "1", "2", "1"))
    assert [row.asked for row in rows] == [(1,), (2,), (1,)]


def kinds(questions: Sequence[Question]) -> dict[Kind, int]:
    counts: dict[Kind, int] = {}
    for question in questions:
        counts[question.kind] = counts.get(question.kind, 0) + 1
    return counts


def test_of_many_values_the_rest_is_one_question() -> None:
    plain = [f"word{chr(97 + n)}" for n in range(26)]
    speaking = [f"declined {word}" for word in plain]
    rows, table = read_list(column("Contact notes", *plain, *speaking, ""))
    assert kinds(table.questions.all) == {
        Kind.VALUE: 2 * MOST_VALUES,
        Kind.OTHERS: 1,
        Kind.TOO_MANY: 1,
        Kind.EMPTY: 1,
    }
    assert all(row.asked for row in rows)
    assert sum(question.rows for question in table.questions.all) == len(rows)


def test_more_questions_than_anybody_answers_refuse_the_file() -> None:
    columns = MOST_QUESTIONS // MOST_VALUES + 1
    header = ",".join([SYSTMONE_HEADER, *(f"Consent {n}" for n in range(columns))])
    rows = [(nhs_number(n), GOOD[1], GOOD[2], *[f"word{chr(97 + n)}"] * columns) for n in range(MOST_VALUES)]
    with pytest.raises(FileFault) as caught:
        read_list(systmone(*rows, header=header))
    assert caught.value.code == FileFaultCode.TOO_MANY_QUESTIONS


def test_more_columns_than_any_list_has_refuse_the_file() -> None:
    header = ",".join([SYSTMONE_HEADER, *(f"c{n}" for n in range(MOST_COLUMNS))])
    with pytest.raises(FileFault) as caught:
        read_list(systmone(GOOD, header=header))
    assert caught.value.code == FileFaultCode.TOO_MANY_COLUMNS


def test_a_note_beside_a_row_of_a_workbook_is_a_column_without_heading() -> None:
    header = SYSTMONE_HEADER.split(",")
    rows, table = read_list(workbook([header, [*GOOD, "", "rang"], [nhs_number(7), *GOOD[1:], "do not text"]]))
    assert [(row.reasons, row.asked) for row in rows] == [((), ()), ((), (1,))]
    unread = table.sections_read[0].listener.unread
    assert [(item.header, item.position, item.first_value) for item in unread] == [
        ("", 3, "do not text"),
        ("", 4, "rang"),
    ]


def test_in_a_text_cells_beyond_the_headings_may_belong_to_any() -> None:
    rows, _ = read_list(systmone((*GOOD, "rang")))
    assert rows[0].reasons == (Reason.ROW_TOO_LONG,)


def test_several_columns_about_standing_are_each_read() -> None:
    data = systmone((*GOOD, "", "Y", "no", "yes"), header=f"{SYSTMONE_HEADER},Deceased,Dead,SMS consent,Allow texts")
    (row,), table = read_list(data)
    assert row.reasons == (Reason.DECEASED, Reason.REFUSED_TEXTS)
    assert row.original["deceased_2"] == "Y"
    assert [item.column for item in table.columns][3:] == [Column.DECEASED] * 2 + [Column.TEXT_CONSENT] * 2


def test_a_question_keeps_the_cell_as_it_was_written() -> None:
    (row,), table = read_list(column("Notes", "'=do not text"))
    assert row.original[table.questions.all[0].key] == "'=do not text"


def test_long_cells_come_to_an_end() -> None:
    assert topic_of_cell("no " * 40_000 + "text") is not None
    assert topic_of_cell("x" * 120_000) is None
    read_list(column("Notes", "a " * 60_000))


def test_the_words_are_in_one_file_and_nothing_in_it_is_there_twice() -> None:
    terms = tomllib.loads(Path(word_lists.__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    assert set(terms["columns"]) == set(Column)
    for name, definition in terms["columns"].items():
        for heading in (definition["name"], *definition["headings"]):
            assert known_column(heading) == name, heading
    for heading in terms["ask"]["harmless"]["headings"]:
        assert known_column(heading) is None, heading
