"""A paced batch: robots fill a clinic of few times, at a rate of answers that the product does not know.

The days go by at once: what the batch has done so far is moved a day into the past, row by row, and it is decided anew
by the same workers. The patients, their phones, the pages and the appointment book are the real parts.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import exp
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Any
from uuid import UUID

import httpx
from django.db.models import F, Sum
from django.utils import timezone

from booking.models import Booking, WaitingPatient
from campaigns.models import Campaign, Invitation, InvitationState
from campaigns.pacing.known import Reason
from core.hints import hint
from core.sociable_hours import LONDON
from integrations.links import link_for
from integrations.models.outbox import Message, Purpose
from selfbook.demo import samples
from selfbook.demo.practices import DemoPractice, sandbox_patient
from selfbook.rehearsal import books
from selfbook.rehearsal.patients import BOOKED, LINK, TURNED_AWAY, Robot, Temper, act, place_of
from selfbook.rehearsal.staff import send_batch

SLOT_TYPE = "Health check"
TIMES, PATIENTS = 5, 30
MOST_DAYS = 25
"""Of the batch's own days: by then every time is taken or the list is done."""
SETTLED_WITHIN = 60.0
"""Seconds for what was decided to be on phones."""

_FEWEST, _MOST = 0.3, 0.8
"""Between these is the share of patients who come."""
_MEDIAN_HOURS, _SPREAD = 5.0, 1.0
_DAY = timedelta(days=1)
_SESSION_AHEAD = timedelta(days=9)


@dataclass
class PacedReport:
    """What came of it."""

    uptake: float
    days: int = 0
    decided: int = 0
    invited: int = 0
    booked: int = 0
    turned_away: int = 0
    seconds: float = 0.0
    endings: Counter[str] = field(default_factory=Counter)
    disagreements: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether the clinic filled as it should, and no robot was stuck."""
        return not self.disagreements and not any(ending.startswith("stuck") for ending in self.endings)


def fill_clinic(
    web_url: str, sandbox_url: str, folder: Path, practice: DemoPractice, *, after: int, seed: int
) -> PacedReport:
    """Send a paced batch to people of a practice who come after its first `after`, until its clinic is full."""
    began, random = monotonic(), Random(seed)  # noqa: S311 - made-up people, not secrets
    report = PacedReport(random.uniform(_FEWEST, _MOST))
    people = practice.people(after + PATIENTS)[after:]
    _seed_books(sandbox_url, practice, [sandbox_patient(practice, 0, person) for person in people])
    file = samples.write_for(folder, practice, PATIENTS, people=people)
    batch = send_batch(web_url, practice, file, slot_type=SLOT_TYPE, paced=True)
    crowd = _Crowd(Campaign.objects.get(id=batch.campaign_id), sandbox_url, practice, report.uptake, random)
    for day in range(1, MOST_DAYS + 1):
        report.days = day
        report.disagreements += crowd.wait_for_texts(day)
        report.endings += crowd.answer()
        if report.disagreements or crowd.is_done():
            break
        _let_a_day_pass(crowd.campaign)
    _count(report, crowd)
    report.seconds = monotonic() - began
    return report


def _seed_books(sandbox_url: str, practice: DemoPractice, patients: list[dict[str, Any]]) -> None:
    """Give the practice's stand-in a clinic of few times, and these patients."""
    start = (datetime.now(LONDON) + _SESSION_AHEAD).replace(hour=10, minute=0, second=0, microsecond=0)
    session = {
        "ods": practice.ods_code,
        "name": "Health check clinic",
        "slot_type": SLOT_TYPE,
        "start": start.isoformat(),
        "minutes": 20,
        "count": TIMES,
        "clinician": "Ms Ada Hill",
        "location": practice.name,
    }
    data = {"patients": patients, "sessions": [session]}
    httpx.post(f"{sandbox_url}/__control/seed", json=data, timeout=60).raise_for_status()


def without_clinic(theirs: books.TheirBooks) -> books.TheirBooks:
    """What the stand-ins hold of a practice's other batches."""
    others = [appointment for appointment in theirs.appointments if appointment["slot_type"] != SLOT_TYPE]
    return replace(theirs, appointments=others)


class _Crowd:
    """The patients of a batch: of each it is settled when they are invited whether they come, and when."""

    def __init__(
        self, campaign: Campaign, sandbox_url: str, practice: DemoPractice, uptake: float, random: Random
    ) -> None:
        self.campaign, self.practice = campaign, practice
        self._sandbox_url, self._uptake, self._random = sandbox_url, uptake, random
        self._due: dict[UUID, float] = {}
        """The days in which those who come will have; of the others, never."""
        self._answered: set[UUID] = set()

    def theirs(self) -> books.TheirBooks:
        """What the stand-ins hold."""
        return books.read(self._sandbox_url, self.practice)

    def decided(self) -> int:
        """How many were to be invited by all decisions so far."""
        return self.campaign.decisions.aggregate(sum=Sum("number"))["sum"] or 0

    def wait_for_texts(self, day: int) -> list[str]:
        """Until this day's decision is made and its texts are on phones; what was wrong then."""

        def is_settled() -> bool:
            invitations = self.campaign.invitations
            sent = Message.objects.filter(
                campaign_id=self.campaign.id, purpose=Purpose.INVITATION, sent_at__isnull=False
            )
            return self.campaign.decisions.count() >= day and sent.count() >= invitations.count() >= self.decided()

        if not _within(SETTLED_WITHIN, is_settled):
            return [f"on day {day} what was decided was not sent"]
        if (invited := self.campaign.invitations.count()) > self.decided():
            return [f"on day {day} {invited} patients were invited, and {self.decided()} decided"]
        return []

    def answer(self) -> Counter[str]:
        """Let those act whose time has come; how they ended."""
        robots = [robot for robot in self._robots() if self._days_until(robot.invitation_id) < 1]
        self._answered |= {robot.invitation_id for robot in robots}
        self._due = {invitation: days - 1 for invitation, days in self._due.items()}
        return Counter(act(robots).values())

    def is_done(self) -> bool:
        """Whether every time is taken, or everybody invited and whoever comes has come."""
        if self.booked() >= TIMES:
            return True
        is_list_done = self.campaign.invitations.count() == PATIENTS
        return is_list_done and all(
            days > MOST_DAYS or invitation in self._answered for invitation, days in self._due.items()
        )

    def booked(self) -> int:
        """The patients who have a time."""
        return self.campaign.invitations.filter(state=InvitationState.BOOKED).count()

    def _days_until(self, invitation: UUID) -> float:
        if invitation not in self._due:
            took = _MEDIAN_HOURS * exp(_SPREAD * self._random.gauss(0, 1))
            comes = self._random.random() < self._uptake
            self._due[invitation] = took / 24 if comes else float("inf")
        return self._due[invitation]

    def _robots(self) -> Iterator[Robot]:
        texts = {match.group(): text["body"] for text in self.theirs().texts if (match := LINK.search(text["body"]))}
        waiting = self.campaign.invitations.filter(state=InvitationState.OPEN).exclude(id__in=self._answered)
        for turn, invitation in enumerate(waiting.select_related("recipient").order_by("created_at", "id")):
            person = invitation.recipient
            text = texts.get(link_for(invitation.id, key_number=invitation.link_key))
            if text is not None and person.date_of_birth is not None:
                place = place_of(Temper.BOOKS, turn)
                yield Robot(invitation.id, place, person.mobile, text, person.date_of_birth)


def _let_a_day_pass(campaign: Campaign) -> None:
    """Move what the batch has done a day into the past, and have it decided anew."""
    # The earliest first: no two decisions may be of the same hour, at no moment.
    for decision in campaign.decisions.order_by("slot"):
        decision.slot, decision.at = decision.slot - _DAY, decision.at - _DAY
        decision.save(update_fields=["slot", "at"])
    Invitation.objects.filter(campaign=campaign).update(created_at=F("created_at") - _DAY)
    Message.objects.filter(campaign_id=campaign.id).update(sent_at=F("sent_at") - _DAY)
    Booking.objects.filter(invitation__campaign=campaign).update(created_at=F("created_at") - _DAY)
    WaitingPatient.objects.filter(invitation__campaign=campaign).update(asked_at=F("asked_at") - _DAY)
    Campaign.objects.filter(id=campaign.id).update(next_decision_at=timezone.now())
    hint("campaigns.decide_invitations", campaign.id)


def _count(report: PacedReport, crowd: _Crowd) -> None:
    """The figures of the end, and what must hold of them."""
    campaign, theirs = crowd.campaign, crowd.theirs()
    report.decided, report.invited, report.booked = crowd.decided(), campaign.invitations.count(), crowd.booked()
    report.turned_away = report.endings[TURNED_AWAY]
    report.disagreements += _disagreements(report, crowd, theirs)


def _disagreements(report: PacedReport, crowd: _Crowd, theirs: books.TheirBooks) -> Iterator[str]:
    campaign = crowd.campaign
    if report.invited != report.decided:
        yield f"{report.decided} patients were to be invited, {report.invited} were"
    if campaign.invitations.values("recipient__nhs_number").distinct().count() != report.invited:
        yield "somebody was invited twice"
    if not crowd.is_done():
        yield f"{TIMES - report.booked} times are free after {report.days} days, and patients are left"
    if report.booked != report.endings[BOOKED]:
        yield f"{report.booked} patients are booked, and {report.endings[BOOKED]} saw that they were"
    live = [item for item in theirs.appointments if item["status"] == "booked" and item["slot_type"] == SLOT_TYPE]
    if len(live) != report.booked:
        yield f"{report.booked} patients are booked, {len(live)} in the clinical system"
    for decision in campaign.decisions.exclude(reason__in=[Reason.GO, Reason.FIRST_DAY]).filter(number__gt=0):
        yield f"decision {decision.id} invited {decision.number} although “{decision.reason}”"


def _within(seconds: float, holds: Callable[[], bool]) -> bool:
    deadline = monotonic() + seconds
    while not holds():
        if monotonic() > deadline:
            return False
        sleep(0.2)
    return True
