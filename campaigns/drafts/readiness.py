"""Whether a draft may be sent: every reason why not, as sentences for staff."""

from django.conf import settings

from campaigns.drafts import plan_readiness
from campaigns.messages import texts
from campaigns.models import Campaign, CodeKind, SnomedCode
from campaigns.sending import schedule
from campaigns.wording.appointment_details import NAME_MISSING
from patients.lists import questions
from patients.lists.queries import longest_name as longest_name_of
from patients.models import ListState


class CannotSend(Exception):
    """The batch may not be sent, for reasons given as sentences for staff."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("the batch is not ready")
        self.reasons = reasons


_NOT_READY = {
    ListState.CHECKING: "We are still checking your file. Wait until that is done.",
    ListState.LOOKING_UP: "We are still looking up patients on your list. Wait until that is done.",
    ListState.REFUSED: "We could not read your file. Upload another.",
}


def list_reasons(campaign: Campaign) -> list[str]:
    """Why this batch's list cannot be used yet, as sentences for staff; empty when it can."""
    patient_list = campaign.patient_list
    if patient_list is None:
        return ["Upload a list of patients."]
    if patient_list.state != ListState.READY:
        return [_NOT_READY[ListState(patient_list.state)]]
    if questions.is_unanswered(patient_list):
        return ["Answer the questions about the columns of your list."]
    if not patient_list.recipients.can().exists():
        return ["Nobody on this list can be sent a text. Upload another list."]
    return []


def send_reasons(campaign: Campaign, longest: str) -> list[str]:
    """Why this batch may not be sent yet, as sentences for staff; empty when it may."""
    reasons = [] if campaign.slot_type else ["Choose a slot type."]
    reasons += texts.reasons_against(campaign.message) if campaign.message else ["Write the message."]
    reasons += texts.reasons_against_in_app(campaign.message, campaign.practice)
    if not campaign.appointment_name:
        reasons.append(f"{NAME_MISSING}.")
    if campaign.allow_decline is None:
        reasons.append("Choose whether patients may decline.")
    reasons += list_reasons(campaign)
    if not reasons and not campaign.list_agreed:
        reasons.append("Look at who can and cannot be sent to, and continue.")
    # Patients without a name are greeted too, and that word may be longer than any name.
    if any(texts.preview(campaign.message, practice=campaign.practice, name=name).too_long for name in (longest, "")):
        reasons.append(
            f"With the longest name on your list the message is over {settings.MESSAGE_FRAGMENTS_MAX} fragments. "
            "Make the message shorter."
        )
    reasons += schedule.reasons_against(campaign)
    for code, kind in ((campaign.invitation_code, CodeKind.INVITATION), (campaign.decline_code, CodeKind.DECLINE)):
        if code and not SnomedCode.objects.usable(kind, campaign.practice).filter(pk=code.pk).exists():
            reasons.append(f"The code “{code.term}” may no longer be used here. Choose another.")
    return reasons + plan_readiness.reasons_against(campaign, longest)


def patients(campaign: Campaign) -> int:
    """How many patients would be sent to."""
    assert campaign.patient_list is not None  # a list is there, or send_reasons would have said so
    return campaign.patient_list.recipients.can().count()


def reasons_now(campaign: Campaign, *, longest: str, seen: int | None) -> list[str]:
    """Why this batch may not go as staff have seen it: with this longest name, to so many patients."""
    return send_reasons(campaign, _longest_name(campaign, longest)) or _count_reasons(campaign, seen)


def _longest_name(campaign: Campaign, seen: str) -> str:
    """The longest name that a text may have to hold: as staff saw it, or of a row that screening has freed since."""
    now = longest_name_of(campaign.patient_list) if campaign.patient_list is not None else ""
    return max(seen, now, key=len)


def _count_reasons(campaign: Campaign, seen: int | None) -> list[str]:
    """Whether staff were told another number of patients than would be sent to now."""
    now = patients(campaign)
    if seen is None or seen == now:
        return []
    return [f"The number of patients who can be sent a text was {seen:,} and is now {now:,}. Check it, then send."]
