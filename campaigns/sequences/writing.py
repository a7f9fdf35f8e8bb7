"""The texts of a plan's further invitations, each with its codes, which are filed once the text has left."""

from collections.abc import Sequence

from campaigns.models import Campaign, Invitation
from campaigns.sending.issuing import MessageRenderer, coded_entry
from campaigns.sequences.plans import plan_of
from integrations.models.outbox import CodedEntry, Message, Purpose


def write(campaign: Campaign, number: int, invitations: Sequence[Invitation]) -> tuple[list[Message], list[CodedEntry]]:
    """The unsaved messages and codes of an invitation of the plan, for these patients of a locked batch."""
    step = plan_of(campaign).step(number)
    renderer = MessageRenderer(step.message, campaign.practice)
    messages, codes = [], []
    for invitation in invitations:
        body, fragments = renderer.of(invitation.recipient.given_name)
        message = Message(
            practice=campaign.practice,
            campaign_id=campaign.id,
            subject_id=invitation.id,
            purpose=Purpose.NEXT_INVITATION,
            step=number,
            text_only=step.text_only,
            to=invitation.recipient.mobile,
            body=body,
            link_key=invitation.link_key,
            fragments=fragments,
            any_hour=campaign.any_hour,
        )
        messages.append(message)
        codes += [
            coded_entry(
                campaign,
                invitation,
                code,
                Purpose.NEXT_INVITATION,
                after=message,
                number=number,
                position=position,
            )
            for position, code in enumerate(step.codes, start=1)
        ]
    return messages, codes
