"""What the sandbox keeps, and how much it can take."""

import asyncio
from pathlib import Path

import pytest

from integrations.sandbox.books import Books
from integrations.sandbox.clinic import SlotInUse
from integrations.sandbox.faults import Fault, Faults
from integrations.sandbox.seeding import SeedError, seed
from integrations.sandbox.texts import Text
from tests.integrations.sandbox.practice import ASHA, BEN, ODS, day, session
from tests.integrations.sandbox.practice import seed as small_seed
from tests.waiting import PATIENCE

TEXT = Text("SM1", "AC1", "+447700900123", "Surgery", "", "Hello", 1, "queued", None, "", "", 100.0, 100.0)


def test_books_outlive_the_process(tmp_path: Path) -> None:
    path = str(tmp_path / "books.sqlite3")
    books = Books(path)
    seed(books, small_seed())
    books.texts.add(TEXT)
    books.close()
    again = Books(path)
    assert [patient.nhs_number for patient in again.clinic.patients(ODS, ASHA)] == [ASHA]
    assert again.texts.get("SM1") == TEXT
    again.reset()
    assert again.clinic.practice(ODS) is None
    assert again.texts.find() == []
    again.close()


def test_a_large_practice_is_seeded_at_once() -> None:
    books = Books()
    patients = small_seed()["patients"] * 5_000
    sessions = [session(f"{day(n)}T09:00:00", count=500) for n in range(40)]
    added = seed(books, {"patients": patients, "sessions": sessions})
    assert (added["patients"], added["slots"], len(added["first_slot_ids"])) == (10_000, 20_000, 40)


@pytest.mark.parametrize(
    "wrong",
    [
        {"patients": [{"ods": ODS, "nhs_number": ASHA, "given": "A", "family": "P", "dob": "9 March"}]},
        {"patients": [{"ods": ODS, "nhs_number": "4010232137", "given": "A", "family": "P", "dob": "1958-03-09"}]},
        {"patients": [{"ods": ODS, "nhs_number": ASHA, "surname": "P"}]},
        {"practices": [{"ods": ODS, "system": "vision", "name": "Example"}]},
        {"sessions": [session("soon")]},
    ],
)
def test_a_wrong_seed_adds_nothing(wrong: dict[str, object]) -> None:
    books = Books()
    with pytest.raises(SeedError):
        seed(books, {"sessions": [session(f"{day(1)}T09:00:00")], **wrong})
    assert books.store.rows("SELECT * FROM slots") == []


def test_all_slots_of_a_booking_are_taken_or_none() -> None:
    books = Books()
    first = seed(books, small_seed())["first_slot_ids"][0]
    slots = [slot for n in range(3) if (slot := books.clinic.slot(ODS, str(first + n))) is not None]
    asha, ben = books.clinic.patients(ODS, ASHA)[0], books.clinic.patients(ODS, BEN)[0]
    books.clinic.book(ben, slots[2:], {})
    with pytest.raises(SlotInUse):
        books.clinic.book(asha, slots, {})
    assert len(books.clinic.free_slots(ODS, 0, 1e12)) == 2
    assert len(books.store.rows("SELECT * FROM appointments")) == 1


def test_texts_are_found_by_number_and_time_newest_first() -> None:
    books = Books()
    for sid, recipient, created in (("SM1", "+447700900001", 1.0), ("SM2", "+447700900002", 2.0)):
        books.texts.add(Text(sid, "AC1", recipient, "S", "", sid, 1, "queued", None, "", "", created, created))
    books.texts.add(Text("SM3", "AC1", "+447700900001", "S", "", "x", 1, "queued", None, "", "", 3.0, 3.0))
    assert [text.sid for text in books.texts.find(recipient="+447700900001")] == ["SM3", "SM1"]
    assert [text.sid for text in books.texts.find(since=2.0, before=3.0)] == ["SM2"]
    assert [text.sid for text in books.texts.newest_by_recipient()] == ["SM3", "SM2"]
    books.texts.set_status("SM3", "failed", 9.0, 30003, "Unreachable")
    stored = books.texts.get("SM3")
    assert stored is not None
    assert (stored.status, stored.error_code, stored.updated) == ("failed", 30003, 9.0)


def test_stop_holds_until_start() -> None:
    texts = Books().texts
    texts.stop("+447700900001")
    texts.stop("+447700900001")
    assert texts.is_stopped("+447700900001")
    texts.restart("+447700900001")
    assert not texts.is_stopped("+447700900001")


def test_a_fault_happens_as_often_as_asked_after_those_skipped() -> None:
    faults = Faults()
    faults.add(Fault("gateway.*", "latency", times=2, skip=1, match={"ods": ODS}))
    kinds = {"latency"}
    assert faults.take("twilio.create", kinds, {"ods": ODS}) is None
    assert faults.take("gateway.codes", kinds, {"ods": "Y99999"}) is None
    assert faults.take("gateway.codes", {"status"}, {"ods": ODS}) is None
    taken = [faults.take("gateway.codes", kinds, {"ods": ODS}) is not None for _ in range(4)]
    assert taken == [False, True, True, False]
    assert faults.listed() == []


def test_whoever_is_held_up_goes_on_when_all_is_well_again() -> None:
    faults = Faults()

    async def held_up() -> None:
        waiting = asyncio.create_task(faults.hold_up(3600))
        await asyncio.sleep(0)
        assert not waiting.done()
        faults.clear()
        await asyncio.wait_for(waiting, PATIENCE)

    asyncio.run(held_up())
