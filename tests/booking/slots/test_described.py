"""Slots in words, and slots of another release."""

from dataclasses import replace

import pytest

from booking.slots import offered
from booking.slots.described import Place, places_apart, with_whom
from integrations.clinical.port import Slot
from tests.booking.surgery import made_up_slot


@pytest.fixture
def slot() -> Slot:
    return replace(made_up_slot(), clinician="Sr Sara Black", location_id="1", location="Main", address="1 High St")


def test_one_place_needs_no_telling_apart(slot: Slot) -> None:
    assert places_apart([slot, replace(slot, id="2")]) == {}


def test_places_are_told_apart_by_their_names_and_have_addresses(slot: Slot) -> None:
    branch = replace(slot, location_id="2", location="Branch", address="")
    assert places_apart([slot, branch]) == {"2": Place("Branch", ""), "1": Place("Main", "1 High St")}


def test_places_of_one_name_or_none_are_told_apart_by_their_addresses(slot: Slot) -> None:
    other, nameless, unknown = (
        replace(slot, location_id="2", address="2 High St"),
        replace(slot, location_id="3", location="", address="3 High St"),
        replace(slot, location_id="4", location="", address=""),
    )
    names = {key: place.name for key, place in places_apart([slot, other, nameless, unknown]).items()}
    assert names == {"1": "Main, 1 High St", "2": "Main, 2 High St", "3": "3 High St", "4": "Place 4"}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Sr Sara Black"),
        ({"role": "Practice nurse", "gender": "female"}, "Sr Sara Black (Practice nurse, female)"),
        ({"clinician": "", "role": "practice nurse"}, "Practice nurse"),
        ({"clinician": ""}, ""),
    ],
)
def test_whom_it_is_with(slot: Slot, fields: dict[str, str], words: str) -> None:
    assert with_whom(replace(slot, **fields)) == words  # type: ignore[arg-type] # texts, all of them


def test_slots_that_another_release_kept_are_read(slot: Slot) -> None:
    kept = offered.to_json(slot)
    assert offered.from_json(kept) == slot
    older = {name: value for name, value in kept.items() if name not in ("address", "role", "gender", "is_marked")}
    assert offered.from_json(older) == replace(slot, address="")
    assert offered.from_json({**kept, "colour": "blue"}) == slot
