"""Couples on one phone, in one browser: each link must act for its own patient."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import httpx

from campaigns.models import Invitation, InvitationState
from selfbook.demo.people import Person
from selfbook.demo.practices import DemoPractice
from selfbook.rehearsal.patients import BOOKED, DECLINED, TURN, Robot

_ANSWERED = {BOOKED: InvitationState.BOOKED, DECLINED: InvitationState.DECLINED}


def people(practice: DemoPractice, size: int) -> list[Person]:
    """So many of a practice's people. The second of every turn of them has the phone of the first."""
    everybody = practice.people(size)
    return [
        replace(person, mobile=everybody[place - 1].mobile) if place % TURN == 1 else person
        for place, person in enumerate(everybody)
    ]


def share_phones(sandbox_url: str, practice: DemoPractice, shared: Sequence[Person]) -> None:
    """Have the practice's records say the same."""
    for person in shared[1::TURN]:
        record = {"ods": practice.ods_code, "nhs_number": person.nhs_number, "mobile": person.mobile}
        httpx.post(f"{sandbox_url}/__control/change-record", json=record, timeout=60).raise_for_status()


def disagreements(endings: Mapping[Robot, str]) -> Iterator[str]:
    """Whoever booked or declined, and has another answer in our books: somebody else's, perhaps."""
    states = dict(
        Invitation.objects.filter(id__in=[robot.invitation_id for robot in endings]).values_list("id", "state")
    )
    for robot, ending in endings.items():
        state = states[robot.invitation_id]
        answered = _ANSWERED.get(ending)
        if state != answered and (answered or state in _ANSWERED.values()):
            yield f"invitation {robot.invitation_id} is {state}, and its patient {ending}"
