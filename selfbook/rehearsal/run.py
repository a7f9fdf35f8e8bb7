"""One rehearsal: staff robots send a batch at each practice, patient robots answer, the books are compared."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep

from campaigns.models import Campaign
from campaigns.results.funnel import ON_THE_WAY, Funnel, funnel
from campaigns.sending.rechecks.changes import changes
from integrations.links import link_for
from integrations.models.outbox import Message
from integrations.models.states import CodeState
from patients.lists import queries
from selfbook.demo import samples
from selfbook.demo.practices import BOTH, DemoPractice
from selfbook.rehearsal import books, changed_records, pairs
from selfbook.rehearsal.late_changes import LateChanges
from selfbook.rehearsal.paced import PacedReport, fill_clinic, without_clinic
from selfbook.rehearsal.patients import LINK, Robot, act
from selfbook.rehearsal.staff import SentBatch, send_batch

FIRST_ROW = 2
"""Of a list, as a spreadsheet counts it: the headings stand in the first."""

QUIET_WITHIN = 120.0
"""Seconds for texts, codes and bookings to come to rest."""


@dataclass
class Report:
    """What a rehearsal saw, for one practice's batch."""

    batch: SentBatch
    numbers: Funnel = field(default_factory=Funnel)
    changed: int = 0
    """Invited patients whose record had changed by then."""
    reasons: list[tuple[str, int]] = field(default_factory=list)
    late: list[tuple[str, int]] = field(default_factory=list)
    """What had changed of patients between the check of the list and their texts."""
    endings: Counter[str] = field(default_factory=Counter)
    disagreements: list[str] = field(default_factory=list)

    @property
    def stuck(self) -> int:
        """Robots that met a page they did not expect."""
        return sum(count for ending, count in self.endings.items() if ending.startswith("stuck"))

    @property
    def is_good(self) -> bool:
        """Whether every book agrees and no robot was stuck."""
        return not self.disagreements and not self.stuck


def rehearse(web_url: str, sandbox_url: str, folder: Path, size: int, *, seed: int) -> tuple[list[Report], PacedReport]:
    """Run batches for so many patients in all, half at each practice, and a paced one beside them at the first.

    Raises RobotStuck when staff cannot finish.
    """
    sizes = {BOTH[0]: size - size // 2, BOTH[1]: size // 2}
    with ThreadPoolExecutor(len(sizes) + 1) as pool:
        paced = pool.submit(fill_clinic, web_url, sandbox_url, folder, BOTH[0], after=sizes[BOTH[0]], seed=seed)
        reports = pool.map(lambda item: _rehearse_practice(web_url, sandbox_url, folder, *item), sizes.items())
        return list(reports), paced.result()


def _rehearse_practice(web_url: str, sandbox_url: str, folder: Path, practice: DemoPractice, size: int) -> Report:
    late, shared = LateChanges(), pairs.people(practice, size)
    pairs.share_phones(sandbox_url, practice, shared)
    file = samples.write_for(folder, practice, size, people=shared)
    report = Report(send_batch(web_url, practice, file, lambda: late.happen(sandbox_url, practice, size)))
    campaign = Campaign.objects.select_related("patient_list").get(id=report.batch.campaign_id)
    assert campaign.patient_list is not None
    seconds = report.batch.seconds
    with _timed(seconds, "sending"):
        _wait(campaign, lambda now: now.settled >= now.can)
    with _timed(seconds, "first codes"):
        _wait(campaign, _at_rest)
    changed = changed_records.change(sandbox_url, practice, size)
    with _timed(seconds, "patients"):
        endings = act(_robots(campaign, books.read(sandbox_url, practice)))
    report.endings = Counter(endings.values())
    with _timed(seconds, "codes and receipts"):
        _wait(campaign, lambda now: _at_rest(now) and not _on_the_way(campaign))
    report.numbers = funnel(campaign)
    report.reasons = [(reason.title, reason.count) for reason in queries.reason_counts(campaign.patient_list)]
    report.changed = changed_records.invited(campaign, changed)
    report.late = [(change.label, change.count) for change in changes(campaign)]
    theirs = without_clinic(late.without_theirs(books.read(sandbox_url, practice)))
    report.disagreements = [
        *books.disagreements(campaign, theirs),
        *late.disagreements(campaign),
        *changed_records.disagreements(campaign, theirs, changed),
        *pairs.disagreements(endings),
    ]
    return report


@contextmanager
def _timed(seconds: dict[str, float], part: str) -> Iterator[None]:
    began = monotonic()
    yield
    seconds[part] = monotonic() - began


def _wait(campaign: Campaign, done: Callable[[Funnel], bool]) -> None:
    """Until it is done, or it has had its time: then the books will say what is missing."""
    deadline = monotonic() + QUIET_WITHIN
    while not done(funnel(campaign)) and monotonic() < deadline:
        sleep(0.2)


def _at_rest(now: Funnel) -> bool:
    moving = (CodeState.WAITING, CodeState.DUE, CodeState.STARTED)
    return now.delivered + now.failed >= now.can and not any(now.codes[state] for state in moving)


def _on_the_way(campaign: Campaign) -> bool:
    """Whether any text is, such as the last one that confirms a booking: the books are read one after the other."""
    return Message.objects.of_batch(campaign.id).filter(state__in=sorted(map(str, ON_THE_WAY))).exists()


def _robots(campaign: Campaign, theirs: books.TheirBooks) -> list[Robot]:
    """One robot for each invitation that is on a phone. It knows its own date of birth, and the rest from its text.

    Its place is that of its person in the list, which begins below the headings.
    """
    texts = {match.group(): text["body"] for text in theirs.texts if (match := LINK.search(text["body"]))}
    invitations = campaign.invitations.select_related("recipient").order_by("recipient__row_number")
    return [
        Robot(
            invitation.id,
            invitation.recipient.row_number - FIRST_ROW,
            invitation.recipient.mobile,
            texts[link],
            invitation.recipient.date_of_birth,
        )
        for invitation in invitations
        if (link := link_for(invitation.id, key_number=invitation.link_key)) in texts
        and invitation.recipient.date_of_birth is not None
    ]
