"""Whom a visit is for and what, as the patient's pages say once the right date of birth was given.

Two people may share a phone, and one patient may have links of two batches: so each page names both. Before the date
of birth the link may be in the wrong hands: then no page has an `About`, but the question may name the patient whom
the text itself has named (docs/decisions/0005-whose-date-of-birth.md).
"""

from __future__ import annotations

from dataclasses import dataclass

from booking.visits.links import Standing
from booking.visits.session import Visit
from campaigns.messages import texts
from campaigns.models import Campaign, Invitation
from campaigns.sequences.plans import message_of
from integrations.models.outbox import INVITATIONS, Message, Purpose


@dataclass(frozen=True, slots=True)
class About:
    """The patient by first name, and their appointment in the practice's words. Each may be empty."""

    first_name: str
    campaign: Campaign

    @property
    def caption(self) -> str:
        """For whom and for what, such as "Flu vaccination for Niamh"; without a name, what it is for."""
        appointment = self.campaign.appointment_heading
        if not self.first_name:
            return appointment
        if " for " in appointment:
            return f"{appointment}, for {self.first_name}"
        return f"{appointment or 'Appointment'} for {self.first_name}"


def about(visit: Visit | None, invitation: Invitation, standing: Standing) -> About | None:
    """What a page of this visit may say; None before the date of birth, and once more when the link is locked.

    A link is locked because dates of birth did not match: somebody may be at it who should not be.
    """
    if visit is None or not visit.is_verified or standing == Standing.LOCKED:
        return None
    return About(first_name(invitation), invitation.campaign)


def first_name(invitation: Invitation) -> str:
    """The patient's first name in its own letters, as the list or the record has it; empty where neither does."""
    return invitation.recipient.given_name.strip()


def named_in_text(invitation: Invitation) -> str:
    """The patient's first name where the text with this link has named them; empty where it has not.

    The text that was written is looked at, and not only the batch's words: names can be left out of a text, and a
    record can get another name. Whoever has the text is told no name that is not in it.
    """
    name, campaign, practice = first_name(invitation), invitation.campaign, invitation.practice
    if not name:
        return ""
    sent = Message.objects.filter(subject_id=invitation.id, purpose__in=INVITATIONS)
    filled = texts.fill(campaign.message, name=name, practice=practice)
    if filled != texts.fill(campaign.message, name="", practice=practice) and sent.filter(body=filled).exists():
        return name
    again = dict(sent.filter(purpose=Purpose.NEXT_INVITATION).values_list("step", "body"))
    for number, body in again.items():
        message = message_of(campaign, number)
        without = texts.fill(message, name="", practice=practice)
        if body != without and body == texts.fill(message, name=name, practice=practice):
            return name
    return ""
