"""Changing the plan of a draft: its further invitations, and the codes of all of them.

What a plan may be is in recalls#plans. Each function takes a draft whose row the caller has locked, and is a part of
the caller's transaction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from campaigns.models import (
    LONGEST_GAP,
    MOST_CODES,
    MOST_INVITATIONS,
    Campaign,
    CodeKind,
    InvitationCode,
    MessageTemplate,
    PlannedInvitation,
    SnomedCode,
)
from campaigns.sequences.ready.definitions import ReadyPlan
from campaigns.wording.appointment_details import DETAILS, AppointmentDetails
from core.wording import plural
from practices.models import Practice

BETWEEN = 2
"""Days at least from the last reminder of the first invitation to the second invitation."""


class NotPossible(Exception):
    """The plan may not be so, for a reason given as a sentence for staff."""

    def __init__(self, sentence: str) -> None:
        super().__init__("no such plan")
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Written:
    """What staff write of a further invitation. `gap_days` is 1 to 90."""

    message: str
    gap_days: int
    working_days: bool = False
    text_only: bool = False
    template: MessageTemplate | None = None
    codes: tuple[SnomedCode, ...] = ()


def save(draft: Campaign, number: int, written: Written) -> bool:
    """Write a further invitation by its number, from 2: a new one comes after the last. Whether it is new.

    Raises NotPossible.
    """
    there = draft.planned_invitations.count() + 1
    if number > MOST_INVITATIONS:
        raise NotPossible(f"A batch has {MOST_INVITATIONS} invitations at most. Remove one first")
    if not 2 <= number <= there + 1:
        raise NotPossible("Somebody removed an invitation meanwhile. Go back to the list of invitations")
    if not 1 <= written.gap_days <= LONGEST_GAP:
        raise NotPossible(f"Choose 1 to {LONGEST_GAP} days after the invitation before it")
    if number == 2 and (reason := reason_against_reminders(draft.reminder_days, written.gap_days)):
        raise NotPossible(reason)
    draft.planned_invitations.update_or_create(
        number=number,
        defaults={
            "message": written.message,
            "gap_days": written.gap_days,
            "working_days": written.working_days,
            "text_only": written.text_only,
            "template": written.template,
        },
    )
    set_codes(draft, number, written.codes)
    return number > there


def remove(draft: Campaign, number: int) -> bool:
    """Take a further invitation out; those after it move up. Whether it was there. Raises NotPossible."""
    further = {planned.number: planned for planned in draft.planned_invitations.all()}
    if number not in further:
        return False
    after = further.get(number + 1)
    if number == 2 and after and (reason := reason_against_reminders(draft.reminder_days, after.gap_days)):
        raise NotPossible(reason)
    draft.invitation_codes.filter(invitation=number).delete()
    further[number].delete()
    # One by one, from the first: no two have a number at once.
    for later in sorted(other for other in further if other > number):
        draft.planned_invitations.filter(number=later).update(number=later - 1)
        draft.invitation_codes.filter(invitation=later).update(invitation=later - 1)
    return True


def set_codes(draft: Campaign, number: int, codes: Iterable[SnomedCode]) -> None:
    """The codes of an invitation, in their order; of the first those beside its own. Raises NotPossible."""
    wanted = list(dict.fromkeys(codes))
    first = 1 if number > 1 else 2
    if number == 1:
        wanted = [code for code in wanted if code.pk != draft.invitation_code_id]
    if len(wanted) > MOST_CODES + 1 - first:
        raise NotPossible(f"An invitation has {MOST_CODES} codes at most")
    draft.invitation_codes.filter(invitation=number).delete()
    InvitationCode.objects.bulk_create(
        InvitationCode(campaign=draft, invitation=number, position=position, code=code)
        for position, code in enumerate(wanted, first)
    )


def drop_repeated(draft: Campaign) -> None:
    """The first invitation's own code has changed: it is not filed twice."""
    further = [row.code for row in draft.invitation_codes.filter(invitation=1).select_related("code")]
    if any(code.pk == draft.invitation_code_id for code in further):
        set_codes(draft, 1, further)


def clear(draft: Campaign) -> None:
    """No further invitations, and no further codes."""
    draft.invitation_codes.all().delete()
    draft.planned_invitations.all().delete()


def copy(source: Campaign, draft: Campaign) -> None:
    """Give a new draft the further invitations and codes of a batch."""
    PlannedInvitation.objects.bulk_create(
        PlannedInvitation(
            campaign=draft,
            number=planned.number,
            message=planned.message,
            gap_days=planned.gap_days,
            working_days=planned.working_days,
            text_only=planned.text_only,
            template_id=planned.template_id,
        )
        for planned in source.planned_invitations.all()
    )
    InvitationCode.objects.bulk_create(
        InvitationCode(campaign=draft, invitation=row.invitation, position=row.position, code_id=row.code_id)
        for row in source.invitation_codes.all()
    )


def apply(draft: Campaign, ready: ReadyPlan) -> None:
    """Fill a draft with a ready plan: messages, appointment, codes, decline, link life. What it had of those is gone.

    Codes that its practice may not use now are left out. Where patients may decline but the code for that may not be
    used, staff are still asked whether they may. Reminders make way for the further invitations.
    """
    usable = _usable(draft, ready)
    clear(draft)
    first = [usable[code] for code in ready.invitations[0].codes if code in usable]
    AppointmentDetails(appointment_name=ready.appointment_name).write_to(draft)
    draft.message, draft.template = ready.invitations[0].message, None
    draft.invitation_code = first[0] if first else None
    draft.link_lifetime_days, draft.after_last, draft.reminder_days = ready.link_days, ready.after_last, []
    _set_decline(draft, ready)
    draft.save(
        update_fields=[
            *("message", "template", *DETAILS, "invitation_code", "link_lifetime_days", "after_last"),
            *("reminder_days", "allow_decline", "decline_message", "decline_code", "changed_at"),
        ]
    )
    set_codes(draft, 1, first[1:])
    for number, invitation in enumerate(ready.invitations[1:], 2):
        codes = tuple(usable[code] for code in invitation.codes if code in usable)
        written = Written(invitation.message, invitation.gap_days, invitation.working_days, codes=codes)
        save(draft, number, written)


def _usable(draft: Campaign, ready: ReadyPlan) -> dict[str, SnomedCode]:
    """The codes of a ready plan's invitations that its practice may use, by their ids."""
    wanted = {code for invitation in ready.invitations for code in invitation.codes}
    return {code.pk: code for code in choosable(draft.practice, CodeKind.INVITATION, wanted)}


def _set_decline(draft: Campaign, ready: ReadyPlan) -> None:
    code = next(iter(choosable(draft.practice, CodeKind.DECLINE, {ready.decline_code})), None)
    if not ready.decline:
        draft.allow_decline, draft.decline_message, draft.decline_code = False, "", None
    elif code is None:
        draft.allow_decline, draft.decline_message, draft.decline_code = None, ready.decline, None
    else:
        draft.allow_decline, draft.decline_message, draft.decline_code = True, ready.decline, code


def choosable(practice: Practice, kind: CodeKind, ids: Iterable[str]) -> Sequence[SnomedCode]:
    """The codes of these ids that a practice may use. One with a single public source is never chosen for staff."""
    usable = SnomedCode.objects.usable(kind, practice).filter(one_source=False)
    return list(usable.filter(pk__in=[*ids]))


def reason_against_reminders(reminder_days: Sequence[int], gap_days: int) -> str:
    """Why reminders and a second invitation do not fit, as a sentence for staff; empty when they do.

    Reminders are of the first invitation: a patient who gets the second has had them all.
    """
    last = max(reminder_days, default=0)
    if not last or last + BETWEEN <= gap_days:
        return ""
    return (
        f"Your last reminder goes {plural(last, 'day')} after the first invitation. The second invitation must come "
        f"at least {BETWEEN} days after it: choose {last + BETWEEN} days or more, or change the reminders first"
    )
