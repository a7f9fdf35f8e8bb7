"""The chain over the audit trail: whatever is changed, removed, slipped in or cut off is found, and named."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO

import pgtrigger
import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from practices.audit import sealing
from practices.audit import trail as audit
from practices.models import AuditEvent, AuditSeal, Practice
from tests.factories import make_practice, make_staff
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def write(count: int, practice: Practice | None = None) -> list[int]:
    practice = practice or make_practice()
    staff = make_staff(practice)
    for number in range(count):
        audit.record("campaign.sent", practice=practice, actor=staff, days=number, ratio=1.0, words="é")
    return list(AuditEvent.objects.order_by("id").values_list("id", flat=True))


@contextmanager
def as_an_intruder() -> Iterator[None]:
    """With the triggers out of the way, as somebody with all rights in the database could have them."""
    with pgtrigger.ignore("practices.AuditEvent:append_only", "practices.AuditSeal:append_only"):
        yield


def test_a_whole_chain_holds() -> None:
    write(3)
    assert sealing.verify().unsealed == 3
    assert sealing.seal() == 3
    result = sealing.verify()
    assert (result.sealed, result.unsealed, result.late, result.broken) == (3, 0, 0, "")
    write(2)
    assert sealing.seal() == 2
    assert sealing.seal() == 0
    assert sealing.verify().sealed == 5


@pytest.mark.parametrize(
    "change",
    [
        {"action": "campaign.paused"},
        {"actor": None},
        {"data": {"days": 2}},
        {"object_id": "0b8a3f0e-8d7a-4b8e-9a48-3c9a4f6f0a11"},
        {"batch_id": "0b8a3f0e-8d7a-4b8e-9a48-3c9a4f6f0a11"},
        {"patient_ids": ["0b8a3f0e-8d7a-4b8e-9a48-3c9a4f6f0a11"]},
        {"practice": None},
        {"at": timezone.now() - timedelta(days=3)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_event_is_named(change: dict[str, object]) -> None:
    ids = write(4)
    sealing.seal()
    with as_an_intruder():
        AuditEvent.objects.filter(id__in=ids[2:]).update(**change)
    assert sealing.verify().broken.startswith(f"Event {ids[2]} is not what was sealed")


def test_a_removed_event_is_named() -> None:
    ids = write(4)
    sealing.seal()
    with as_an_intruder():
        AuditEvent.objects.filter(id=ids[1]).delete()
    assert sealing.verify().broken.startswith(f"Event {ids[1]} is not there")


def test_an_event_removed_with_its_seal_is_found() -> None:
    ids = write(4)
    sealing.seal()
    with as_an_intruder():
        AuditEvent.objects.filter(id=ids[1]).delete()
        AuditSeal.objects.filter(event_id=ids[1]).delete()
    assert sealing.verify().broken == "Seal 2 is not there: it was removed."


def test_a_chain_that_was_cut_short_lacks_the_head_that_the_log_has() -> None:
    ids = write(4)
    sealing.seal()
    head = sealing.verify().head
    assert not sealing.verify(head).broken
    with as_an_intruder():
        AuditEvent.objects.filter(id=ids[3]).delete()
        AuditSeal.objects.filter(event_id=ids[3]).delete()
    assert not sealing.verify().broken
    assert "does not have the head" in sealing.verify(head).broken


def test_the_head_goes_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    write(1)
    with caplog.at_level("INFO", logger="practices.audit.sealing"):
        sealing.seal()
    (record,) = caplog.records
    assert record.head == sealing.verify().head  # type: ignore[attr-defined] # an extra of the record


def test_an_event_that_commits_late_is_sealed_late() -> None:
    ids = write(3)
    late = AuditEvent.objects.get(id=ids[0])
    with as_an_intruder():
        AuditEvent.objects.filter(id=late.id).delete()
    sealing.seal()
    late.save(force_insert=True)  # what the others saw of it when its transaction ended
    assert (sealing.verify().unsealed, sealing.verify().late) == (1, 0)
    assert sealing.seal() == 1
    result = sealing.verify()
    assert (result.sealed, result.broken) == (3, "")


def test_an_event_that_is_slipped_in_long_afterwards_is_told_apart() -> None:
    ids = write(3)
    forged = AuditEvent.objects.get(id=ids[0])
    with as_an_intruder():
        AuditEvent.objects.filter(id=forged.id).delete()
    sealing.seal()
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        write(1)
        sealing.seal()
    forged.save(force_insert=True)
    assert sealing.seal() == 0
    assert sealing.verify().late == 1
    with pytest.raises(CommandError, match="1 events without a seal are older"):
        call_command("verify_audit", stdout=StringIO())


def test_the_command_says_what_holds_and_fails_on_what_does_not() -> None:
    ids = write(2)
    sealing.seal()
    write(1)
    output = StringIO()
    call_command("verify_audit", stdout=output)
    assert output.getvalue().startswith("2 events hold. 1 not sealed yet. Head: 2:")
    with as_an_intruder():
        AuditEvent.objects.filter(id=ids[0]).update(action="campaign.paused")
    with pytest.raises(CommandError, match=f"Event {ids[0]} is not what was sealed"):
        call_command("verify_audit", stdout=output)


def test_sealing_costs_the_same_number_of_queries_however_much_there_is(django_assert_max_num_queries: object) -> None:
    write(40)
    with django_assert_max_num_queries(12):  # type: ignore[operator] # pytest-django's fixture
        sealing.seal()


@pytest.mark.django_db(transaction=True)
def test_sealers_beside_each_other_make_one_chain() -> None:
    write(60)

    def seal() -> int:
        try:
            return sealing.seal()
        finally:
            connection.close()

    assert sum(at_once(*[seal] * 4)) == 60
    assert sealing.verify().sealed == 60
    assert not sealing.verify().broken
