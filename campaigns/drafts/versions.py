"""Two tabs, or two people, on one draft: a step is saved only over what its page was made from.

Each step has a version of its own, made of what it stores: whoever changes another step of the draft disturbs nobody.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from campaigns.drafts import plan_wording
from campaigns.models import Campaign, SnomedCode
from campaigns.models.states import AfterLast
from campaigns.sending.paced import wording
from campaigns.sequences.ready.registry import PLANS
from campaigns.wording.appointment_details import DETAILS
from core.wording import nhs_datetime, plural
from patients.lists.questions import Asked, asked_columns


class ChangedMeanwhile(Exception):
    """What the step stores is not what its page was made from: nothing was saved."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that a step stores: its field, the label on the page, and how its value reads."""

    field: str
    label: str
    read: Callable[[Any], str] = str
    rows: Callable[[Campaign], str] | None = None
    """For what the draft has in rows of its own: all of them, as words. Then `field` only names it."""

    def stored(self, campaign: Campaign) -> str:
        """What the draft has of it, as its version is made of."""
        return self.rows(campaign) if self.rows else str(campaign.serializable_value(self.field))

    def shown(self, campaign: Campaign) -> str:
        """What the draft has of it, for staff."""
        return self.rows(campaign) if self.rows else self.read(getattr(campaign, self.field))


def _days(days: Sequence[int]) -> str:
    return ", ".join(f"{plural(day, 'day')} after their text" for day in days) or "None"


def _included(value: bool) -> str:
    return "Include" if value else "Leave out"


def _yes(value: bool | None) -> str:
    return "" if value is None else ("Yes" if value else "No")


_LIST = Part("patient_list", "Patient list", lambda patient_list: patient_list.file_name if patient_list else "None")
_INCLUDED = [
    Part("include_invited", "Patients who are already invited", _included),
    Part("include_booked", "Patients who have already booked", _included),
    Part(
        "booked_within_days", "How far ahead an appointment counts", lambda days: f"{days} days" if days else "As usual"
    ),
]


def _hour(hour: int | None) -> str:
    return "As texts may go" if hour is None else f"{hour}:00"


_MESSAGE = [
    Part("message", "Message"),
    Part("invitation_code", "Code", lambda code: str(code or "None")),
    *(Part(name, detail.called, lambda value: str(value or "")) for name, detail in DETAILS.items()),
]
_DECLINE = [
    Part("allow_decline", "Can patients decline?", _yes),
    Part("decline_message", "Decline message"),
    Part("decline_code", "Code", lambda code: str(code or "None")),
]
_REMINDERS = Part("reminder_days", "Reminders", _days)
_LINK_LIFE = Part("link_lifetime_days", "Links work for", lambda days: plural(days, "day"))
_FURTHER = Part("planned_invitations", "Further invitations", rows=plan_wording.further)
_FIRST_CODES = Part("invitation_codes", "More codes of the first invitation", rows=plan_wording.first_codes)
_AFTER_LAST = Part("after_last", "After the last invitation", lambda value: AfterLast(value).label)

_STEPS: Mapping[str, Sequence[Part]] = {
    "slot-type": [Part("slot_type", "Slot type")],
    "message": _MESSAGE,
    "decline": _DECLINE,
    "plan": [_AFTER_LAST],
    "plan-invitation": [_FURTHER],
    "plan-remove": [_FURTHER],
    "plan-codes": [_FIRST_CODES],
    "plan-ready": [*_MESSAGE, *_DECLINE, _REMINDERS, _LINK_LIFE, _FURTHER, _FIRST_CODES, _AFTER_LAST],
    "limits": [
        Part("clinicians", "Clinicians", lambda names: ", ".join(names) or "All"),
        Part("sessions", "Sessions", lambda names: ", ".join(names) or "All"),
        Part("horizon_days", "How far ahead", lambda days: plural(days, "day") if days else "As usual"),
    ],
    "reminders": [_REMINDERS],
    "link-life": [_LINK_LIFE],
    "when": [
        Part("send_at", "When", lambda moment: nhs_datetime(moment) if moment else "At once"),
        Part("spread_days", "Spread over", lambda days: plural(days, "day")),
        Part("any_hour", "At any hour", _yes),
        Part("paced", "Invite as appointments last", _yes),
        Part("invite_order", "Invited first", wording.order_label),
        Part("care", "How careful", wording.care_label),
        Part("most_a_day", "Most in a day", lambda most: f"{most:,}" if most else "No limit"),
        Part("pace_days", "Days to invite on", wording.days_label),
        Part("pace_from", "Invite from", _hour),
        Part("pace_until", "Invite until", _hour),
    ],
    "upload": [_LIST],
    "include": [_LIST, *_INCLUDED],
    "answer-columns": [_LIST],
    "patients": [_LIST, *_INCLUDED],
}
_WITH_ANSWERS = ("answer-columns", "patients")
"""Steps that also store, or agree to, what staff have answered about the list's columns."""


def has(step: str) -> bool:
    """Whether a step has a version."""
    return step in _STEPS


def version(campaign: Campaign, step: str) -> str:
    """A word for what a step of the draft stores now; empty for a step that has no version."""
    parts = _STEPS.get(step, ())
    values = [part.stored(campaign) for part in parts]
    values += [f"{asked.name} {asked.left_out}" for _, asked in _answers(campaign, step)]
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:16] if parts else ""


def _answers(campaign: Campaign, step: str) -> list[tuple[str, Asked]]:
    """What staff are asked about the columns of the draft's list, each with its column."""
    if step not in _WITH_ANSWERS or campaign.patient_list is None:
        return []
    return [(item.column, asked) for item in asked_columns(campaign.patient_list) for asked in item.asked]


def stored(campaign: Campaign, step: str) -> list[tuple[str, str]]:
    """What a step stores now, as labels and words."""
    answers = {None: "Not answered", True: _ANSWERS["out"], False: _ANSWERS["text"]}
    return [
        *((part.label, part.shown(campaign)) for part in _STEPS[step]),
        *((f"{column}, {asked.label}", answers[asked.left_out]) for column, asked in _answers(campaign, step)),
    ]


def check(draft: Campaign, expected: tuple[str, str] | None) -> None:
    """Raise ChangedMeanwhile unless the locked draft's step has the version that its page was made from."""
    if expected is not None and version(draft, expected[0]) != expected[1]:
        raise ChangedMeanwhile


_TYPED: Mapping[str, str] = {
    "allow": "Can patients decline?",
    "code": "Code",
    "message": "Message",
    "slot_type": "Slot type",
    "horizon_days": "How far ahead, in days",
    "days": "Days that each link works",
    "first": "First reminder, days after their text",
    "second": "Second reminder, days after their text",
    "third": "Third reminder, days after their text",
    "gap_days": "Days after the invitation before it",
    "kind_of_days": "Which days count",
    "channel": "How it goes",
    "second_code": "Second code",
    "third_code": "Third code",
    "after_last": "After the last invitation",
    "plan": "Ready plan",
    "invited": "Patients who are already invited",
    "booked": "Patients who have already booked",
    "within_days": "How far ahead an appointment counts, in days",
    "spread_days": "Spread over, in days",
    "pace": "Who should be invited?",
    "invite_order": "Invited first",
    "care": "How careful",
    "most_a_day": "Most in a day",
    "pace_days": "Days to invite on",
    "pace_from": "Invite from",
    "pace_until": "Invite until",
}


_ANSWERS: Mapping[str, str] = {"out": "Leave out", "text": "Can be texted"}
_INCLUDE: Mapping[str, str] = {"yes": _included(True), "no": _included(False)}
_CHOICES: Mapping[str, Mapping[str, str]] = {
    "invited": _INCLUDE,
    "booked": _INCLUDE,
    "after_last": {value: str(label) for value, label in AfterLast.choices},
    "kind_of_days": {"days": "Every day", "working": "Working days"},
    "channel": {"usual": "As usual", "text": "By text only"},
    "plan": {key: plan.name for key, plan in PLANS.items()},
}
_LIST_FIELD = "list"
"""Which list a form is about: nothing that anybody typed."""


def typed(campaign: Campaign, step: str, fields: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """What somebody typed into a step's form, as labels and words."""
    labels = {**{name: detail.called for name, detail in DETAILS.items()}, **_TYPED}
    asked = {question.name: f"{column}, {question.label}" for column, question in _answers(campaign, step)}
    words = []
    for name, values in fields.items():
        if name == _LIST_FIELD:
            continue
        choices = _ANSWERS if name in asked else _CHOICES.get(name, {})
        text = ", ".join(choices.get(value, value) for value in values if value)
        if name in ("code", "second_code", "third_code") and text:
            text = str(SnomedCode.objects.filter(pk=text[:60]).first() or "")
        words.append(((labels | asked).get(name, name.replace("_", " ").capitalize()), text))
    return words
