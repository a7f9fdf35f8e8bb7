"""Where a sent batch stands, in words for staff, and what they can do about it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil

from django.conf import settings
from django.utils import timezone

from campaigns.models import Campaign, Wave
from campaigns.models.states import CampaignState
from campaigns.results.funnel import Funnel
from campaigns.sending.rechecks import wording
from campaigns.sending.rechecks.clearance import Progress
from campaigns.sending.schedule_wording import at, day_of, is_all_day
from core.sociable_hours import is_sociable, next_sociable
from core.wording import nhs_time, plural
from integrations.models.states import MessageState

_S, _M = CampaignState, MessageState
_OVER = (_S.CANCELLED, _S.FINISHED)


@dataclass(frozen=True, slots=True)
class PartStatus:
    """The texts of one day of a batch that is spread over days. `said` is what has become of them."""

    due_at: datetime
    patients: int
    said: str


@dataclass(frozen=True, slots=True)
class Status:
    """Where a batch stands: one sentence, and what else is worth saying.

    `seconds` is how long it can still be undone before its first texts go, and None when that is not a matter of
    seconds. `moving`: the figures may change at any moment.
    """

    said: str
    more: Sequence[str] = ()
    parts: Sequence[PartStatus] = ()
    seconds: int | None = None
    moving: bool = False
    can_undo: bool = False
    can_pause: bool = False
    can_resume: bool = False
    can_cancel: bool = False
    to_go: bool = False
    """Whether texts of it have still to go, so that a text account that does not work is a matter for it."""


def status(
    campaign: Campaign,
    funnel: Funnel,
    *,
    stopped: bool = False,
    noun: str = "text",
    text_due: datetime | None = None,
    checking: Progress | None = None,
) -> Status:
    """Where a batch that was sent stands now. `stopped`: no text of the practice goes, whatever its batch.

    `thing` is what its patients are sent: a text, or an invitation that may come in the NHS App. `text_due` is when the
    first text behind an unread message there may go (`in_app.first_text`). `checking`: patients are being looked up.
    """
    waves = list(campaign.waves.all())
    if campaign.state == _S.SCHEDULED:
        return _scheduled(campaign, funnel, waves, noun, checking)
    waits = stopped or campaign.state == _S.PAUSED
    parts = _parts(campaign, waves, funnel, waits=waits)
    gone, texts = f"{funnel.sent:,}", plural(funnel.can, noun)
    if campaign.state == _S.CANCELLED:
        sentence = f"Cancelled: {gone} of {texts} had gone. The others will not be sent."
        return Status(sentence, parts=parts, moving=funnel.in_progress)
    if campaign.state == _S.PAUSED:
        sentence = _paused(funnel, gone, texts)
        more = [f"{_unread(funnel)} No texts follow until you resume this batch."] if funnel.unread else []
        return Status(sentence, more, parts=parts, moving=funnel.in_progress, can_resume=True, can_cancel=True)
    if campaign.state == _S.FINISHED:
        sentence = "Sending is finished. Every patient has answered, or their link no longer works."
        return Status(sentence, parts=parts)
    now = _going(campaign, funnel, waves, parts, stopped=stopped, noun=noun, checking=checking)
    if funnel.unread == 0:
        return now
    follow = _unread(funnel)
    if text_due is not None and not stopped:
        moment = max(text_due, timezone.now())
        moment = moment if _goes_at_night(campaign) else next_sociable(moment)
        follow += f" Patients who still have not read theirs get a text. The first goes {at(moment)}."
    return replace(now, more=[*now.more, follow])


def _paused(funnel: Funnel, gone: str, texts: str) -> str:
    """What of a paused batch has gone, and what waits."""
    if funnel.settled < funnel.can:
        return f"Paused: {gone} of {texts} gone. The others wait."
    if funnel.reminders_to_go:
        return f"Paused: {funnel.reminded:,} of {_reminders(funnel)} gone. The others wait."
    if funnel.further_to_go:
        return f"Paused: {funnel.invited_again:,} of {_further(funnel)} gone. The others wait."
    if funnel.plan_goes_on:
        return f"Paused: {gone} of {texts} gone. No further ones go until you resume this batch."
    if funnel.unread:
        return f"Paused: {gone} of {texts} gone."
    return f"Paused: {gone} of {texts} gone. The others wait."


def _scheduled(
    campaign: Campaign, funnel: Funnel, waves: Sequence[Wave], noun: str, checking: Progress | None
) -> Status:
    """Sent, and nothing has gone yet: all can be undone."""
    first = campaign.starts_at or timezone.now()
    seconds = ceil((first - timezone.now()).total_seconds())
    parts = [PartStatus(wave.due_at, wave.size, "Later" if wave.number > 1 else "Next") for wave in waves]
    parts = parts if len(parts) > 1 else []
    will_get = f"{plural(funnel.can, 'patient')} will get {'a text' if noun == 'text' else 'an invitation'}"
    if checking is not None and (seconds <= 0 or checking.waits):
        sentence, moving = wording.of_progress(checking, noun), not checking.waits
        more = ["Nothing has gone yet: you can still change everything."]
        return Status(sentence, more, parts, moving=moving, can_undo=True, can_cancel=True, to_go=True)
    if seconds <= max(settings.UNDO_SECONDS, 1):
        sentence = f"{will_get}. Nothing has gone yet: you can still undo this."
        return Status(
            sentence, parts=parts, seconds=max(seconds, 0), moving=True, can_undo=True, can_cancel=True, to_go=True
        )
    if campaign.send_at is None:
        sentence = f"These {noun}s wait until {nhs_time(first)} {day_of(first)}, so that nobody is woken up."
    else:
        sentence = f"These {noun}s go {at(first)}."
    more = [f"{will_get}. Nothing has gone yet: you can still change everything."]
    return Status(sentence, more, parts, can_undo=True, can_cancel=True, to_go=True)


def _going(
    campaign: Campaign,
    funnel: Funnel,
    waves: Sequence[Wave],
    parts: Sequence[PartStatus],
    *,
    stopped: bool,
    noun: str,
    checking: Progress | None,
) -> Status:
    now = timezone.now()
    left = [wave for wave in waves if wave.issued_at is None]
    underway = any(funnel.messages[state] for state in (_M.DUE, _M.STARTED, _M.UNKNOWN))
    more, resting = [], stopped
    if left and left[0].due_at > now and not underway:
        done, resting = len(waves) - len(left), True
        sentence = f"{done} of {plural(len(waves), 'part')} gone. The next {noun}s go {at(left[0].due_at)}."
    elif funnel.settled < funnel.can:
        sentence = _so_far(funnel.settled, plural(funnel.can, noun), stopped=stopped)
    elif funnel.reminders_to_go:
        sentence = _so_far(funnel.reminders.total() - funnel.reminders_to_go, _reminders(funnel), stopped=stopped)
    elif funnel.further_to_go:
        sentence = _so_far(funnel.further.total() - funnel.further_to_go, _further(funnel), stopped=stopped)
    elif funnel.plan_goes_on:
        sentence = f"Every {noun} has gone so far. More go to patients who do not answer."
    else:
        sentence = f"Every {noun} has gone." if funnel.unread else "Sending is finished."
    if checking is not None:
        more.append(wording.of_progress(checking, noun))
        resting = resting or bool(checking.waits)
    waits = funnel.messages[_M.DUE] + funnel.reminders[_M.DUE] + funnel.further[_M.DUE]
    if waits and not stopped and _is_night(campaign, now):
        morning = next_sociable(now)
        resting = True
        more.append(f"{noun.capitalize()}s that have not gone wait until {nhs_time(morning)} {day_of(morning)}.")
    return Status(
        sentence,
        more,
        parts,
        moving=funnel.in_progress and not resting,
        can_pause=funnel.unsent,
        can_cancel=True,
        to_go=funnel.unsent,
    )


def _so_far(done: int, texts: str, *, stopped: bool) -> str:
    verb, rest = ("Stopped", " The others wait.") if stopped else ("Sending", "")
    return f"{verb}: {done:,} of {texts} done.{rest}"


def _reminders(funnel: Funnel) -> str:
    return plural(funnel.reminders.total(), "reminder")


def _further(funnel: Funnel) -> str:
    return plural(funnel.further.total(), "further invitation")


def _is_night(campaign: Campaign, now: datetime) -> bool:
    return not (_goes_at_night(campaign) or is_sociable(now))


def _goes_at_night(campaign: Campaign) -> bool:
    return campaign.any_hour or is_all_day()


def _unread(funnel: Funnel) -> str:
    have_not = plural(funnel.unread, "message in the NHS App has", "messages in the NHS App have")
    return f"{have_not} not been read yet."


def _parts(campaign: Campaign, waves: Sequence[Wave], funnel: Funnel, *, waits: bool) -> list[PartStatus]:
    """The parts of a batch that has more than one, in their order. `waits`: what has begun does not go on."""
    if len(waves) < 2:
        return []
    underway = any(funnel.messages[state] for state in (_M.DUE, _M.STARTED, _M.UNKNOWN))
    last_made = max((wave.number for wave in waves if wave.made), default=0)
    following = min((wave.number for wave in waves if wave.issued_at is None and not wave.made), default=0)
    parts = []
    for wave in waves:
        if wave.issued_at is None and campaign.state in _OVER:
            label = "Did not go" if not wave.made else "Stopped on the way"
        elif wave.number == last_made and (underway or wave.issued_at is None):
            label = "Waits" if waits else "Going now"
        elif wave.issued_at is not None:
            label = "Gone"
        elif wave.number == following:
            label = "Waits" if campaign.state == _S.PAUSED else "Next"
        else:
            label = "Later"
        parts.append(PartStatus(wave.due_at, wave.made or wave.size, label))
    return parts


def tag(campaign: Campaign, *, unsent: bool, stopped: bool) -> tuple[str, str] | None:
    """A word for a list of batches that have begun to go, and its colour; None for one that only waits for answers.

    `unsent`: some of its texts may still leave. `stopped`: no text of the practice goes.
    """
    if campaign.state == _S.PAUSED:
        return "Paused", "yellow"
    if campaign.state == _S.CANCELLED:
        return "Cancelled", "grey"
    if campaign.state == _S.FINISHED:
        return "Finished", "green"
    if unsent and stopped:
        return "Stopped", "red"
    return ("Sending", "blue") if unsent else None
