"""Who can be sent to: the file's columns and other rows are shown, and what only staff understand is asked."""

import pytest

from campaigns.drafts import readiness, services
from campaigns.models import Campaign
from patients.models import PatientList, Recipient, Verdict
from patients.reasons import Reason
from practices.models import AuditEvent
from tests.campaigns.lists import list_of, row_numbers
from tests.campaigns.wizard import ROWS, Wizard, errors, goes_to
from tests.factories import make_practice, make_staff
from tests.html import Page, text_of
from tests.patients.list_files import SYSTMONE_HEADER, systmone

pytestmark = pytest.mark.django_db

NOTES = systmone(
    (*ROWS[0], "RIP 01/02/2026"),
    (*ROWS[1], "rang daughter"),
    ("9990000042", "07700900125", "12/06/1964", "rip 3 Mar 2026"),
    ("9990000050", "07700900126", "13/07/1966", "Do not text"),
    header=f"{SYSTMONE_HEADER},Notes",
)
"""One patient of whom nothing is asked; of the others two questions, since dates do not tell them apart."""


def reasons(wizard: Wizard) -> dict[int, list[str]]:
    return dict(list_of(wizard).recipients.values_list("row_number", "reasons"))


def fields(page: Page) -> set[str]:
    return {e.get("name", "") for e in page.all("input") if e.get("name", "").startswith("question-")}


@pytest.fixture
def asked(at_upload: Wizard) -> Wizard:
    at_upload.upload(NOTES)
    return at_upload


def test_until_staff_answer_those_patients_are_left_out_and_nobody_goes_on(asked: Wizard) -> None:
    page = asked.see("patients")
    assert "Some cells in this column may say who has died." in page.text
    assert "“RIP 01/02/2026” (2 rows)" in page.text
    assert "“Do not text” (1 row)" in page.text
    assert fields(page) == {"question-1", "question-2"}
    waiting = [Reason.COLUMN_UNANSWERED]
    assert reasons(asked) == {2: waiting, 3: [], 4: waiting, 5: waiting}
    assert "Continue" not in [text_of(button) for button in page.all("button")]
    assert "Answer the questions about the columns of your list" in errors(asked.answer("patients"))
    assert not asked.campaign.list_agreed


@pytest.mark.hazard("H-16.5")
def test_send_refuses_while_anything_is_unanswered(asked: Wizard) -> None:
    """Whatever page was gone through: it is the service that holds it."""
    Campaign.objects.update(list_agreed=True)
    with pytest.raises(readiness.CannotSend) as caught:
        services.start(campaign=asked.campaign, longest_name="", by=asked.staff)
    assert "Answer the questions about the columns of your list." in caught.value.reasons


def test_the_answers_decide_who_is_left_out(asked: Wizard) -> None:
    answers = {"question-1": "out", "question-2": "text"}
    assert goes_to(asked.answer("answer-columns", **answers), asked.address("patients"))
    assert reasons(asked) == {2: [Reason.LEFT_OUT], 3: [], 4: [Reason.LEFT_OUT], 5: []}
    page = asked.see("patients")
    assert "You have answered these." in page.text
    assert "Notes, column D: You answered that patients of whom your file says this are left out." in page.text
    event = AuditEvent.objects.get(action="patient_list.columns_answered")
    assert event.actor == asked.staff
    assert event.data == {"left_out": ["column D, 1: 2 rows"], "texted": ["column D, 2: 1 rows"]}
    assert goes_to(asked.answer("patients"), asked.address("summary"))


def test_answers_can_be_changed_and_the_list_is_looked_at_again(asked: Wizard) -> None:
    asked.answer("answer-columns", **{"question-1": "text", "question-2": "text"})
    asked.answer("patients")
    assert Campaign.objects.get().list_agreed
    asked.answer("answer-columns", **{"question-1": "out", "question-2": "out"})
    assert not asked.campaign.list_agreed
    assert list_of(asked).recipients.can().count() == 1


def test_an_answer_that_is_missing_is_asked_for(asked: Wizard) -> None:
    error_text = errors(asked.answer("answer-columns", **{"question-1": "out", "question-2": "perhaps"}))
    assert (
        "Choose who is left out: Notes, column D, “Do not text” (1 row)" in error_text
        or "Select a valid choice" in error_text
    )
    assert "Choose who is left out" in errors(asked.answer("answer-columns"))
    assert reasons(asked)[5] == [Reason.COLUMN_UNANSWERED]


def test_what_one_row_says_holds_for_every_row_of_the_patient(at_upload: Wizard) -> None:
    at_upload.upload(systmone((*ROWS[0], ""), (*ROWS[0], "opted out"), ROWS[1], header=f"{SYSTMONE_HEADER},Notes"))
    assert reasons(at_upload) == {2: [Reason.COLUMN_UNANSWERED], 3: [Reason.DUPLICATE], 4: []}
    at_upload.answer("answer-columns", **{"question-1": "out"})
    assert reasons(at_upload) == {2: [Reason.LEFT_OUT], 3: [Reason.DUPLICATE], 4: []}


def test_a_column_of_which_the_heading_speaks_is_asked_about_whole(at_upload: Wizard) -> None:
    rows = [(*ROWS[0], "Letter"), (*ROWS[1], ""), ("9990000042", "07700900125", "12/06/1964", "Text")]
    at_upload.upload(systmone(*rows, header=f"{SYSTMONE_HEADER},Contact preference"))
    page = at_upload.see("patients")
    assert "This column may say who must not get texts." in page.text
    assert "Nothing: the cell is empty (1 row)" in page.text
    at_upload.answer("answer-columns", **{"question-1": "out", "question-2": "text", "question-3": "text"})
    assert reasons(at_upload) == {2: [Reason.LEFT_OUT], 3: [], 4: []}


def test_more_values_than_anybody_reads_are_one_question(at_upload: Wizard) -> None:
    rows = [
        (f"{number}", "07700900123", "09/03/1958", f"House {chr(65 + place // 5)}{chr(65 + place % 5)}")
        for place, number in enumerate(_numbers(24))
    ]
    at_upload.upload(systmone(*rows, header=f"{SYSTMONE_HEADER},Contact"))
    page = at_upload.see("patients")
    assert fields(page) == {"question-1"}
    assert "Anything else, such as “House AA” (24 rows)" in page.text
    at_upload.answer("answer-columns", **{"question-1": "out"})
    assert not list_of(at_upload).recipients.can().exists()


def test_too_many_words_against_texts_are_left_out_without_asking(at_upload: Wizard) -> None:
    rows = [
        (f"{number}", "07700900123", "09/03/1958", f"declined by {chr(65 + place)} {chr(65 + place)}x")
        for place, number in enumerate(_numbers(24))
    ]
    at_upload.upload(systmone(*rows, ROWS[0], header=f"{SYSTMONE_HEADER},Notes"))
    page = at_upload.see("patients")
    assert len(fields(page)) == 20
    assert "We leave out the 4 other rows that have them." in page.text
    at_upload.answer("answer-columns", **dict.fromkeys(fields(page), "text"))
    left_out = list_of(at_upload).recipients.filter(reasons=[Reason.LEFT_OUT])
    assert left_out.count() == 4


def _numbers(count: int) -> list[str]:
    from tests.factories import nhs_number

    return [nhs_number(serial) for serial in range(500, 500 + count)]


def test_another_practice_cannot_answer(asked: Wizard) -> None:
    asked.client.force_login(make_staff(make_practice()))
    assert asked.answer("answer-columns", **{"question-1": "text", "question-2": "text"}).status_code == 404
    assert asked.client.get(asked.address("other-rows")).status_code == 404
    assert not list_of(asked).questions.exclude(left_out=None).exists()


def test_answers_about_a_former_list_are_not_taken_for_the_new_one(asked: Wizard) -> None:
    seen = list_of(asked).id
    asked.upload(NOTES.replace(b"Do not text", b"deceased"))
    answer = asked.answer("answer-columns", list=seen, **{"question-1": "text", "question-2": "text"})
    assert "Another list has been uploaded" in errors(answer)
    assert not list_of(asked).questions.exclude(left_out=None).exists()


def test_each_column_is_shown_with_what_it_was_read_as(at_upload: Wizard) -> None:
    header = "NHS number,Telephone,Ward,Mobile,Date of birth,"
    at_upload.upload(systmone(("9990000018", "01632 960000", "Elm", "07700900123", "09/03/1958", "x"), header=header))
    page = at_upload.see("patients")
    read, unread = (text_of(table) for table in page.all("tbody")[-2:])
    assert "file Mobile Read as Telecom Number What we do with it We text the patient on this number." in read
    assert "Telephone. We took column D for Telecom Number. First thing in it 01632 960000" in unread
    assert "Ward First thing in it Elm" in unread
    assert "No heading First thing in it x" in unread


def test_rows_that_are_no_patients_are_shown(at_upload: Wizard) -> None:
    at_upload.upload(b"Flu recall\r\n" + systmone(*ROWS, ("Total: 3", "", ""), ("", "", "")))
    page = at_upload.see("patients")
    assert "patients.csv: 3 rows, and 2 rows that are not patients." in page.text
    assert text_of(page.all("tbody")[-1]) == (
        "Row 1 Why it is not a patient Above the headings What it says Flu recall"
        " Row 6 Why it is not a patient A total or the like What it says Total: 3"
    )


def test_many_of_them_have_a_page_of_their_own(at_upload: Wizard) -> None:
    heading = tuple(SYSTMONE_HEADER.split(","))
    at_upload.upload(systmone(*ROWS, *[heading] * 60))
    page = at_upload.see("patients")
    assert "Rows that are not patients: the first 20" in page.text
    assert "See all 60 rows that are not patients" in page.text
    assert len(row_numbers(at_upload.see("other-rows"))) == 50
    assert row_numbers(at_upload.see("other-rows", "?page=2"))[-1] == "64"


def test_a_section_is_explained_by_its_own_columns(at_upload: Wizard) -> None:
    rows = [
        ROWS[0],
        ("Telecom Number", "Date of Birth", "NHS Number", "First name"),
        ("", "10/04/1960", "9990000026", "Ben"),
    ]
    at_upload.upload(systmone(*rows))
    text = at_upload.see("patients").text
    assert "Telecom Number, column A: The mobile number is empty." in text
    assert "A, below row 3" in text
    assert at_upload.see("patient-rows", "?show=cannot").text.count("First name") == 1


def test_a_list_without_questions_goes_on_as_ever(at_upload: Wizard) -> None:
    at_upload.upload()
    assert "Questions about your columns" not in at_upload.see("patients").text
    assert Recipient.objects.filter(verdict=Verdict.CAN).count() == 2
    assert PatientList.objects.get().questions.count() == 0
    assert goes_to(at_upload.answer("patients"), at_upload.address("summary"))
