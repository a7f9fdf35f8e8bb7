"""The worker's check of an uploaded file: once, whole or not at all, whatever breaks; and the file is not kept."""

import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier, Thread
from typing import BinaryIO, cast

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import UploadedFile
from django.db import connection
from django.test import override_settings
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks
from pytest_django.fixtures import Settings

from patients.lists import checking, progress, uploads
from patients.lists.checking import TRIES, check_list
from patients.lists.services import accept_upload
from patients.models import ListState, PatientList, Recipient, UploadedPart
from patients.tables.faults import FileFaultCode
from practices.models import AuditEvent
from tests.factories import make_practice, make_staff
from tests.patients.conftest import Surgery
from tests.patients.list_files import GOOD, SYSTMONE, systmone
from tests.waiting import PATIENCE

GOOD_LIST = systmone(GOOD, ("1", "", ""))


def accept(surgery: Surgery, data: bytes = GOOD_LIST) -> PatientList:
    """An upload that no worker has looked at yet."""
    file = UploadedFile(io.BytesIO(data), name="patients.csv", size=len(data))
    return accept_upload(practice=surgery.practice, uploaded_by=surgery.staff, file=file)


def checked(patient_list: PatientList) -> PatientList:
    check_list(patient_list.id)
    patient_list.refresh_from_db()
    return patient_list


@pytest.mark.django_db
def test_the_upload_waits_and_a_worker_checks_it(systmone_surgery: Surgery) -> None:
    accepted = accept(systmone_surgery)
    assert (accepted.state, accepted.row_count, Recipient.objects.count()) == (ListState.CHECKING, 0, 0)
    assert UploadedPart.objects.filter(patient_list=accepted).exists()
    done = checked(accepted)
    assert (done.state, done.row_count) == (ListState.READY, 2)
    event = AuditEvent.objects.get(action="patient_list.checked")
    assert event.data == {"rows": 2, "can": 1, "cannot": 1, "pending": 0, "other_rows": 0, "questions": 0}


@pytest.mark.django_db
@pytest.mark.parametrize("data", [GOOD_LIST, systmone(GOOD) + b'"9990000018,'], ids=["good", "refused"])
def test_the_file_is_not_kept_once_it_has_been_checked(systmone_surgery: Surgery, data: bytes) -> None:
    checked(accept(systmone_surgery, data))
    assert not UploadedPart.objects.exists()


@pytest.mark.django_db
def test_a_file_with_a_fault_at_its_end_is_refused_whole(systmone_surgery: Surgery) -> None:
    """An unclosed quote after five hundred good rows; none of them is kept, and staff are told what to do."""
    refused = checked(accept(systmone_surgery, systmone(*[GOOD] * 500) + b'"9990000018,'))
    assert (refused.state, refused.fault_code) == (ListState.REFUSED, FileFaultCode.UNCLOSED_QUOTE)
    assert "row 502" in refused.fault
    assert not Recipient.objects.exists()
    assert AuditEvent.objects.get(action="patient_list.refused").data == {"code": "unclosed_quote"}


@pytest.mark.django_db
def test_the_limit_of_rows_is_a_setting(systmone_surgery: Surgery, settings: Settings) -> None:
    """A longer list is refused whole (lists#too-large)."""
    settings.UPLOAD_MAX_ROWS = 3
    assert checked(accept(systmone_surgery, systmone(*[GOOD] * 4))).fault_code == FileFaultCode.TOO_MANY_ROWS


@pytest.mark.django_db
def test_a_second_hint_changes_nothing(systmone_surgery: Surgery) -> None:
    done = checked(accept(systmone_surgery))
    rows = list(Recipient.objects.values_list("id", flat=True))
    checked(done)
    assert list(Recipient.objects.values_list("id", flat=True)) == rows


@pytest.mark.django_db
def test_a_worker_that_dies_is_followed_by_another(systmone_surgery: Surgery, monkeypatch: pytest.MonkeyPatch) -> None:
    accepted = accept(systmone_surgery)
    with monkeypatch.context() as broken:
        broken.setattr(checking, "copy_rows", _dies)
        with pytest.raises(SystemExit):
            check_list(accepted.id)
    assert checked(accepted).is_ready
    assert accepted.checks_begun == 2


@pytest.mark.django_db
def test_a_file_that_ends_every_worker_is_refused(systmone_surgery: Surgery, monkeypatch: pytest.MonkeyPatch) -> None:
    accepted = accept(systmone_surgery)
    with monkeypatch.context() as broken:
        broken.setattr(checking, "copy_rows", _dies)
        for _ in range(TRIES):
            with pytest.raises(SystemExit):
                check_list(accepted.id)
    refused = checked(accepted)
    assert (refused.state, refused.fault_code) == (ListState.REFUSED, FileFaultCode.BROKEN)
    assert "Export the list again" in refused.fault


def _dies(*_: object) -> None:
    raise SystemExit


@pytest.mark.django_db
def test_the_sweeper_finds_lists_whose_hint_was_lost(
    systmone_surgery: Surgery, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    accepted = accept(systmone_surgery)
    with django_capture_on_commit_callbacks() as hints:
        checking.resume_due()
    assert not hints, "the hint of the upload itself may still be on its way"
    PatientList.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    with django_capture_on_commit_callbacks() as hints:
        checking.resume_due()
    assert len(hints) == 1
    checked(accepted)
    with django_capture_on_commit_callbacks() as hints:
        checking.resume_due()
    assert not hints


@pytest.mark.django_db
def test_a_file_that_nobody_read_for_a_day_is_thrown_away(systmone_surgery: Surgery) -> None:
    accepted = accept(systmone_surgery)
    PatientList.objects.update(created_at=timezone.now() - checking.FILE_RETENTION - timedelta(minutes=1))
    checking.resume_due()
    accepted.refresh_from_db()
    assert (accepted.state, UploadedPart.objects.count()) == (ListState.REFUSED, 0)


@pytest.mark.django_db(transaction=True)
def test_two_workers_check_a_list_once() -> None:
    practice = make_practice(clinical_system=SYSTMONE)
    accepted = accept(Surgery(practice, make_staff(practice)), systmone(*[GOOD] * 300))
    together = Barrier(4)

    def work() -> None:
        together.wait(PATIENCE)
        check_list(accepted.id)
        connection.close()

    workers = [Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    accepted.refresh_from_db()
    assert (accepted.state, accepted.row_count, accepted.recipients.count()) == (ListState.READY, 300, 300)
    assert AuditEvent.objects.filter(action="patient_list.checked").count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_page_sees_no_row_before_all_are_there() -> None:
    practice = make_practice(clinical_system=SYSTMONE)
    accepted = accept(Surgery(practice, make_staff(practice)), systmone(*[GOOD] * 3000))
    seen: list[int] = []

    def count() -> None:
        seen.append(Recipient.objects.count())
        connection.close()

    def look(*_: object) -> None:
        """As another connection sees it, which the page is."""
        thread = Thread(target=count)
        thread.start()
        thread.join()

    with pytest.MonkeyPatch.context() as watch:
        watch.setattr(progress, "report", look)
        check_list(accepted.id)
    assert seen == [0]
    assert accepted.recipients.count() == 3000


@pytest.mark.django_db
def test_progress_is_told_while_the_rows_are_checked(systmone_surgery: Surgery) -> None:
    accepted = accept(systmone_surgery, systmone(*[GOOD] * 5000))
    assert progress.rows_checked(accepted.id) is None
    checked(accepted)
    assert progress.rows_checked(accepted.id) == 4000


@pytest.mark.django_db
def test_a_check_without_redis_is_a_check_all_the_same(systmone_surgery: Surgery) -> None:
    accepted = accept(systmone_surgery, systmone(*[GOOD] * 2500))
    with _no_redis():
        assert checked(accepted).is_ready
        assert progress.rows_checked(accepted.id) is None


@contextmanager
def _no_redis() -> Iterator[None]:
    caches = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    }
    with override_settings(CACHES=caches):
        yield
    cache.close()


@pytest.mark.django_db
@pytest.mark.parametrize("size", [0, 1, uploads.PART_BYTES - 1, uploads.PART_BYTES, uploads.PART_BYTES + 1, 700_001])
def test_a_kept_file_reads_as_it_was(systmone_surgery: Surgery, size: int) -> None:
    data = (zlib.compress(b"made up") * (size // 10 + 1))[:size]
    patient_list = accept(systmone_surgery)
    uploads.forget(patient_list)
    patient_list.byte_count = size
    uploads.keep(patient_list, cast(BinaryIO, io.BytesIO(data)))
    file = uploads.open_upload(patient_list)
    assert file.read() == data
    assert file.seek(0, 2) == size
    for place in (0, size // 2, max(0, size - 3), size + 9):
        file.seek(place)
        assert file.read(uploads.PART_BYTES + 7) == data[place : place + uploads.PART_BYTES + 7]
    assert file.tell() <= max(size, size + 9)


@pytest.mark.django_db
def test_a_list_that_is_being_checked_can_be_thrown_away(systmone_surgery: Surgery) -> None:
    accepted = accept(systmone_surgery)
    list_id = accepted.id
    accepted.delete()
    check_list(list_id)
    assert not UploadedPart.objects.exists()
    assert not Recipient.objects.exists()
