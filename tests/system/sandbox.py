"""The outside world of a running stack: its books, its phones, and what may go wrong there."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from selfbook.demo.people import Person
from selfbook.demo.practices import DemoPractice
from tests.waiting import HELD_UP, wait_until

LONDON = ZoneInfo("Europe/London")
HORIZON = timedelta(days=42)


class Sandbox:
    """The sandbox's controls, for one stack."""

    def __init__(self, url: str) -> None:
        self.url = url

    def books(self, practice: DemoPractice, part: str) -> list[dict[str, Any]]:
        """One part of a practice's books."""
        answer = httpx.get(f"{self.url}/__control/books", params={"ods": practice.ods_code, "part": part}, timeout=30)
        answer.raise_for_status()
        rows: list[dict[str, Any]] = answer.json()[part]
        return rows

    def given_a_fault(self, target: str, kind: str, **more: object) -> None:
        """From now on, something goes wrong there."""
        fault = {"target": target, "kind": kind, **more}
        httpx.post(f"{self.url}/__control/faults", json=fault).raise_for_status()

    @contextmanager
    def held_up(self, target: str) -> Iterator[None]:
        """Nobody gets an answer there for as long as this lasts: time to look at the page that says so."""
        self.given_a_fault(target, "latency", times=None, seconds=HELD_UP)
        yield
        self.given_all_is_well()

    def given_all_is_well(self) -> None:
        """Nothing goes wrong any more."""
        httpx.delete(f"{self.url}/__control/faults").raise_for_status()

    def free_slots(self, practice: DemoPractice) -> Counter[str]:
        """How many slots of each type patients could book, as the practice's own screen would count them."""
        now = datetime.now(LONDON)
        last = (now + HORIZON).date()
        return Counter(
            slot["slot_type"]
            for slot in self.books(practice, "slots")
            if not slot["taken_by"] and now < (start := datetime.fromisoformat(slot["start"])) and start.date() <= last
        )

    def appointments_of(self, practice: DemoPractice, person: Person) -> list[dict[str, Any]]:
        """A patient's appointments in the practice's book."""
        return [row for row in self.books(practice, "appointments") if row["nhs_number"] == person.nhs_number]

    def codes_of(self, practice: DemoPractice, person: Person) -> set[str]:
        """The SNOMED CT concepts in a patient's record."""
        return {str(row["snomed"]) for row in self.books(practice, "codes") if row["nhs_number"] == person.nhs_number}

    def phone_url(self, person: Person) -> str:
        """The page of a patient's phone."""
        return f"{self.url}/phone/{e164(person)}/"

    def texts_of(self, person: Person) -> list[str]:
        """The words of the texts on a patient's phone, newest first."""
        return [text["body"] for text in httpx.get(f"{self.url}/phone/{e164(person)}.json").json()]

    def senders_to(self, person: Person) -> list[str]:
        """Who sent what is on a patient's phone, newest first."""
        answer = httpx.get(f"{self.url}/__control/books", params={"part": "texts"}, timeout=30)
        answer.raise_for_status()
        return [text["sender"] for text in reversed(answer.json()["texts"]) if text["recipient"] == e164(person)]

    def then_a_text_comes(self, person: Person, *phrases: str) -> str:
        """A text with all these words reaches the patient's phone."""
        return wait_until(
            lambda: next((t for t in self.texts_of(person) if all(w in t for w in phrases)), ""),
            seen=lambda: self.texts_of(person),
        )

    def then_a_code_is_filed(self, practice: DemoPractice, person: Person, concept: str) -> None:
        """This concept stands in the patient's record."""
        wait_until(lambda: concept in self.codes_of(practice, person), seen=lambda: self.codes_of(practice, person))


def e164(person: Person) -> str:
    """A made-up patient's mobile as networks write it."""
    return "+44" + person.mobile.replace(" ", "").removeprefix("0")
