"""What is counted on a stored list, and which other lists came from the same file."""

from datetime import timedelta

import pytest
from django.utils import timezone

from patients.lists import queries
from patients.lists import rows as rows_of_list
from patients.models import PatientList
from patients.reasons import Reason
from patients.values.corrections import TIDYING, Tidied
from tests.factories import make_practice, make_staff, nhs_number
from tests.patients.conftest import Surgery
from tests.patients.list_files import GOOD, SYSTMONE_HEADER, systmone

NHS, MOBILE, BORN = GOOD
pytestmark = pytest.mark.django_db


@pytest.fixture
def stored(systmone_surgery: Surgery) -> PatientList:
    rows = [
        (*GOOD, "Al"),
        ("9990000026", MOBILE, BORN, "Bartholomew"),
        ("9990000034", "", BORN, "Christopherson"),
        ("1", "+441134960000", "", "=1+1"),
        (*GOOD, "Al"),
        ("9990000042", "", BORN, "Zoë"),
    ]
    return systmone_surgery.upload(systmone(*rows, header=f"NHS  no,{SYSTMONE_HEADER[11:]},First name"))


@pytest.mark.hazard("H-18.4")
def test_counts_add_up(stored: PatientList) -> None:
    counts = queries.verdict_counts(stored)
    assert counts == queries.VerdictCounts(can=2, cannot=4, pending=0)
    assert counts.total == stored.row_count
    assert queries.progress(stored) == (6, 6)


def test_reasons_are_counted_with_their_titles(stored: PatientList) -> None:
    counts = queries.reason_counts(stored)
    assert counts[0] == queries.ReasonCount(Reason.MOBILE_MISSING, "No mobile number", 2)
    assert {each.reason: each.count for each in counts[1:]} == {
        Reason.NHS_NUMBER_LENGTH: 1,
        Reason.MOBILE_LANDLINE: 1,
        Reason.BIRTH_MISSING: 1,
        Reason.DUPLICATE: 1,
    }


def test_the_longest_name_is_of_those_who_can_be_sent(stored: PatientList) -> None:
    assert queries.longest_name(stored) == "Bartholomew"
    stored.recipients.can().delete()
    assert queries.longest_name(stored) == ""


def test_what_was_tidied_is_counted(systmone_surgery: Surgery) -> None:
    rows = [
        (NHS, "7700900123", BORN),
        ("9990000026", "7700900124", BORN),
        ("9990000034", "0044 7700 900125", BORN),
        ("9990000042", "", BORN),
    ]
    counts = queries.tidied_counts(systmone_surgery.upload(systmone(*rows)))
    assert counts == [
        queries.TidiedCount(Tidied.MOBILE_ZERO, TIDYING[Tidied.MOBILE_ZERO], 2),
        queries.TidiedCount(Tidied.MOBILE_PREFIX, TIDYING[Tidied.MOBILE_PREFIX], 1),
    ]


def test_shared_phones_are_counted_with_their_patients(systmone_surgery: Surgery) -> None:
    """Twins among them, who have one phone."""
    rows = [
        *((number, "07700900123", BORN) for number in ("9990000018", "9990000026", "9990000034")),
        *((number, "07700900124", BORN) for number in ("9990000042", "9990000050")),
        ("9990000069", "07700900125", BORN),
    ]
    stored = systmone_surgery.upload(systmone(*rows))
    assert queries.shared_mobiles(stored) == queries.SharedMobiles(mobiles=2, patients=5)
    stored.recipients.filter(row_number__in=(5, 6)).delete()
    assert queries.shared_mobiles(stored) == queries.SharedMobiles(mobiles=1, patients=3)
    stored.recipients.all().delete()
    assert queries.shared_mobiles(stored) == queries.SharedMobiles(mobiles=0, patients=0)


def test_nobody_is_contacted_who_does_not_need_it(stored: PatientList) -> None:
    assert queries.to_contact(stored) == 3  # of four: one is there twice
    stored.recipients.cannot().filter(row_number=5).update(reasons=[Reason.DECEASED, Reason.MOBILE_MISSING])
    assert queries.to_contact(stored) == 2
    # What else is known goes by an NHS number that may be another patient's.
    stored.recipients.cannot().filter(row_number=5).update(reasons=[Reason.RECORD_NAME_DIFFERS, Reason.ALREADY_INVITED])
    assert queries.to_contact(stored) == queries.to_contact_of([stored.id])[stored.id] == 3


def test_the_same_file_today(systmone_surgery: Surgery) -> None:
    """Known by its content, whatever its name is (lists#same-file-again)."""
    data = systmone(GOOD)
    lists = [systmone_surgery.upload(data, f"{number}.csv") for number in range(3)]
    assert [patient_list.file_name for patient_list in queries.same_file_today(lists[1])] == ["2.csv", "0.csv"]
    assert queries.same_file_today(systmone_surgery.upload(systmone(("9990000026", *GOOD[1:])))) == []


def test_other_days_other_practices_and_refused_files_are_not_the_same_file(systmone_surgery: Surgery) -> None:
    first = systmone_surgery.upload(systmone(GOOD))
    yesterday, refused = systmone_surgery.upload(systmone(GOOD)), systmone_surgery.upload(systmone(GOOD))
    PatientList.objects.filter(id=yesterday.id).update(created_at=timezone.now() - timedelta(days=1))
    PatientList.objects.filter(id=refused.id).update(state="refused", fault_code="broken", fault="It is broken.")
    practice = make_practice(clinical_system="systmone")
    Surgery(practice, make_staff(practice)).upload(systmone(GOOD))
    assert queries.same_file_today(first) == []


def test_texts_without_a_name_are_counted_with_the_reason(systmone_surgery: Surgery) -> None:
    names = ["Asha", "Łukasz", "Łukasz", "Zoë", "Mrs", "J", "Unknown", "", "علي"]
    rows = [
        (nhs, f"077009001{place:02}", BORN, name)
        for place, (nhs, name) in enumerate(zip(map(nhs_number, range(600, 609)), names, strict=True))
    ]
    header = f"{SYSTMONE_HEADER},First name"
    patient_list = systmone_surgery.upload(systmone(*rows, (NHS, "", BORN, "Mr"), header=header))
    overview = rows_of_list.overview(patient_list)
    assert [(group.code, group.count) for group in overview.nameless] == [
        (Tidied.NAME_NOT_GIVEN, 2),
        ("", 1),
        (Tidied.NAME_LEFT_OUT, 1),
    ]
    assert [(group.tidied, group.count) for group in overview.tidied] == [(Tidied.NAME_LETTERS, 3)]
    assert queries.plain_names(patient_list) == [
        queries.PlainName("Łukasz", "Lukasz", 2),
        queries.PlainName("Zoë", "Zoe", 1),
    ]
    assert queries.names_without_plain_letters(patient_list) == {"علي": 1}
    for code, row_numbers in (("", [9]), (Tidied.NAME_NOT_GIVEN, [6, 7]), (Tidied.NAME_LEFT_OUT, [8])):
        choice = overview.choice(f"nameless-{code}")
        assert choice.count == len(row_numbers)
        chosen = rows_of_list.chosen(patient_list, choice.value)
        assert list(chosen.values_list("row_number", flat=True)) == row_numbers


def test_what_is_not_as_in_the_record_is_counted_by_itself(stored: PatientList) -> None:
    row = stored.recipients.can().first()
    assert row is not None
    row.tidied = [Tidied.GIVEN_DIFFERS, Tidied.MOBILE_ZERO]
    row.save()
    assert [(item.tidied, item.count) for item in queries.record_differences(stored)] == [("given_differs", 1)]
    assert Tidied.GIVEN_DIFFERS not in [item.tidied for item in queries.tidied_counts(stored)]
    choices = rows_of_list.overview(stored).choices
    (group,) = [choice for choice in choices if choice.value == "tidied-given_differs"]
    assert rows_of_list.chosen(stored, group.value).get() == row
