"""A batch of any size in the outbox, made in a few statements."""

from datetime import date, timedelta

from django.utils import timezone

from campaigns.models import Campaign, CodeKind, Invitation, SnomedCode
from integrations.links import digest, token_for
from integrations.models.outbox import CodedEntry, Message, Purpose
from integrations.models.states import CodeState
from patients.models import PatientList, Recipient, Verdict
from practices.models import Practice
from tests.factories import make_campaign, make_code, make_list, make_staff, nhs_number


def make_patients(practice: Practice, count: int, first: int = 0) -> PatientList:
    """A checked list of so many patients. Two of them share a phone whenever there are more than a thousand."""
    patient_list = make_list(practice, make_staff(practice), rows=0, row_count=count)
    Recipient.objects.bulk_create(
        Recipient(
            practice=practice,
            patient_list=patient_list,
            row_number=row + 2,
            # Far away from those that the factories make one by one.
            nhs_number=nhs_number(200_000 + first + row),
            mobile=f"+447700900{row % 1000:03}",
            date_of_birth=date(1958, 3, 9),
            given_name="Asha",
            family_name="Patel",
            verdict=Verdict.CAN,
        )
        for row in range(count)
    )
    return patient_list


def make_outbox(practice: Practice, count: int, first: int = 0) -> Campaign:
    """A started batch with so many texts that are due, and a code that waits for each."""
    patient_list = make_patients(practice, count, first)
    campaign = make_campaign(practice, patient_list.uploaded_by, started=True, patient_list=patient_list, any_hour=True)
    invitations = [_invitation(campaign, recipient) for recipient in patient_list.recipients.order_by("row_number")]
    Invitation.objects.bulk_create(invitations)
    messages = Message.objects.bulk_create(_message(campaign, invitation) for invitation in invitations)
    subjects = {invitation.id: invitation for invitation in invitations}
    code = make_code(CodeKind.INVITATION)
    CodedEntry.objects.bulk_create(_entry(subjects[message.subject_id], message, code) for message in messages)
    return campaign


def _invitation(campaign: Campaign, recipient: Recipient) -> Invitation:
    made = Invitation(
        practice=campaign.practice,
        campaign=campaign,
        recipient=recipient,
        expires_at=timezone.now() + timedelta(days=40),
    )
    made.token_digest = digest(token_for(made.id))
    return made


def _message(campaign: Campaign, invitation: Invitation) -> Message:
    return Message(
        practice=campaign.practice,
        campaign_id=campaign.id,
        subject_id=invitation.id,
        purpose=Purpose.INVITATION,
        to=invitation.recipient.mobile,
        body="Dear Asha, Example Surgery invites you to book your appointment: {link}",
        link_key=invitation.link_key,
        fragments=1,
    )


def _entry(invitation: Invitation, message: Message, code: SnomedCode) -> CodedEntry:
    return CodedEntry(
        practice=invitation.practice,
        actor=invitation.campaign.created_by,
        campaign_id=invitation.campaign_id,
        subject_id=invitation.id,
        purpose=Purpose.INVITATION,
        nhs_number=invitation.recipient.nhs_number,
        concept_id=code.concept_id,
        term=code.term,
        local_scheme=code.emis_scheme,
        local_code=code.emis_code,
        after_message=message,
        state=CodeState.WAITING,
        due_at=None,
    )
