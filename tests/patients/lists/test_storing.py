"""Checked rows in PostgreSQL: every character as it was, every row once, and clashes held back."""

import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from patients.checks.duplicates import Clash
from patients.checks.rows import CheckedRow
from patients.lists.storing import copy_rows, hold_back
from patients.models import ListState, PatientList, Recipient, Verdict
from patients.reasons import Reason
from patients.values.corrections import Tidied
from tests.patients.conftest import Surgery
from tests.patients.list_files import GOOD, SYSTMONE, SYSTMONE_HEADER, systmone

# What PostgreSQL can keep; the checks replace the rest.
storable = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
awkward = st.text("\\\t\n\r\x0b\x1a\x7f\u0085\u2028,{}\"'N.é😀", max_size=12)


@pytest.fixture
def patient_list(systmone_surgery: Surgery) -> PatientList:
    return PatientList.objects.create(
        practice=systmone_surgery.practice,
        uploaded_by=systmone_surgery.staff,
        system=SYSTMONE,
        content_digest="0" * 64,
        state=ListState.CHECKING,
    )


def sendable(number: int, **changed: Any) -> CheckedRow:
    row = CheckedRow(
        number, (), (), f"{9990000000 + number}", "+447700900123", date(1958, 3, 9), "Joe", "Bloggs", Verdict.CAN
    )
    return row._replace(**changed)


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(st.lists(st.tuples(storable | awkward, storable | awkward, storable | awkward), min_size=1, max_size=5))
@example([("\\", "\\N", "\\."), ("\t", "\n", "\r\n"), ("\\t", "\\\\", "")])
def test_every_text_comes_back_as_it_was(patient_list: PatientList, texts: list[tuple[str, str, str]]) -> None:
    """Through COPY's own escapes, JSON's, and back."""
    Recipient.objects.all().delete()
    rows = [
        sendable(
            number, given_name=given_name, family_name=family, cell_names=["patient_name", "title"], cells=[written, ""]
        )
        for number, (given_name, family, written) in enumerate(texts, 2)
    ]
    copy_rows(patient_list, rows)
    stored = [(row.given_name, row.family_name, row.original) for row in patient_list.recipients.order_by("row_number")]
    assert stored == [(row.given_name, row.family_name, row.original) for row in rows]


@pytest.mark.django_db
def test_every_value_of_a_row_is_stored(patient_list: PatientList) -> None:
    refused = CheckedRow(
        7,
        ["nhs_number", "mobile"],
        ["1", ""],
        reasons=(Reason.NHS_NUMBER_LENGTH, Reason.MOBILE_MISSING),
        tidied=(Tidied.BIRTH_CENTURY, Tidied.NAME_LEFT_OUT),
        duplicate_of=3,
    )
    waiting = sendable(8, mobile="", date_of_birth=None, verdict=Verdict.PENDING)
    counts = copy_rows(patient_list, [sendable(2), refused, waiting])
    assert counts == {Verdict.CAN: 1, Verdict.CANNOT: 1, Verdict.PENDING: 1}
    for checked, row in zip(
        [sendable(2), refused, waiting], patient_list.recipients.order_by("row_number"), strict=True
    ):
        assert row.practice_id == patient_list.practice_id
        assert row.original == checked.original
        for name, value in checked._asdict().items():
            if name in ("cell_names", "cells", "compared"):
                continue
            stored = getattr(row, name)
            assert (tuple(stored) if isinstance(stored, list) else stored) == value, name


@pytest.mark.django_db
def test_rows_beyond_one_block_are_all_there_with_ids_of_their_own(patient_list: PatientList) -> None:
    counts = copy_rows(patient_list, map(sendable, range(2, 2503)))
    assert counts.total() == 2501
    ids = list(patient_list.recipients.values_list("id", flat=True))
    assert len(set(ids)) == 2501
    assert {(row_id.version, row_id.variant) for row_id in ids} == {(7, uuid.RFC_4122)}


@pytest.mark.django_db
def test_no_rows_are_stored_as_none(patient_list: PatientList) -> None:
    assert copy_rows(patient_list, []).total() == 0
    assert not hold_back(patient_list, {})


@pytest.mark.django_db
def test_what_breaks_while_rows_are_read_passes_through(patient_list: PatientList) -> None:
    def rows() -> Iterator[CheckedRow]:
        yield sendable(2)
        raise LookupError

    with pytest.raises(LookupError):
        copy_rows(patient_list, rows())


@pytest.mark.django_db
def test_rows_that_clash_are_held_back_with_their_reasons(patient_list: PatientList) -> None:
    copy_rows(patient_list, [sendable(2), sendable(3, verdict=Verdict.PENDING), sendable(4)])
    former = hold_back(patient_list, {2: Clash(9, Reason.CONFLICT_MOBILE), 3: Clash(8, Reason.DECEASED)})
    assert former == Counter({Verdict.CAN: 1, Verdict.PENDING: 1})
    rows = patient_list.recipients.order_by("row_number").values_list("verdict", "reasons", "duplicate_of")
    assert list(rows) == [("cannot", ["conflict_mobile"], 9), ("cannot", ["deceased"], 8), ("can", [], None)]


@pytest.mark.django_db
def test_another_lists_rows_are_not_held_back(systmone_surgery: Surgery, patient_list: PatientList) -> None:
    other = systmone_surgery.upload(systmone(GOOD))
    assert not hold_back(patient_list, {2: Clash(3, Reason.CONFLICT_NAME)})
    assert other.recipients.can().count() == 1


@pytest.mark.django_db
def test_a_clash_in_an_upload_ends_with_nobody_sent_and_every_row_counted(systmone_surgery: Surgery) -> None:
    header = f"{SYSTMONE_HEADER},Surname"
    stored = systmone_surgery.upload(systmone((*GOOD, "Bloggs"), (*GOOD, "Smith"), header=header))
    rows = stored.recipients.order_by("row_number").values_list("reasons", "duplicate_of")
    assert list(rows) == [(["conflict_name"], 3), (["conflict_name"], 2)]
    assert (stored.is_ready, stored.row_count) == (True, 2)
