"""Made-up rows for tests. NHS numbers are of the 999 range, phones 07700 900000 to 900999."""

from datetime import date, timedelta
from functools import cache
from itertools import count
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone
from stdnum.gb import nhs

from campaigns.models import Campaign, CodeKind, Invitation, SnomedCode, Wave
from campaigns.models.states import CampaignState
from integrations.links import digest, token_for
from integrations.models.outbox import CodedEntry, Message, Purpose
from integrations.models.states import CodeState, MessageState
from patients.models import ListState, PatientList, Recipient, Verdict
from practices.models import Membership, Practice, Role, User

_serial = count(1)


def nhs_number(serial: int) -> str:
    """The valid made-up NHS number at or after a serial of the 999 range."""
    for stem in range(999_000_000 + serial * 2, 1_000_000_000):
        for digit in range(10):
            if nhs.is_valid(f"{stem}{digit}"):
                return f"{stem}{digit}"
    raise AssertionError("no such serial")


def make_practice(**fields: Any) -> Practice:
    serial = next(_serial)
    values = {
        "name": "Example Surgery",
        "ods_code": f"A{serial:05}",
        "phone": "01632 960000",
        "address": "1 High Street, Leeds LS1 6AE",
        "clinical_system": "emis",
    }
    return Practice.objects.create(**values | fields)


@cache
def _hashed(password: str) -> str:
    """Hashing is slow on purpose: once in a process is enough."""
    return make_password(password)


def make_staff(practice: Practice, role: Role = Role.SENDER, **fields: Any) -> User:
    serial = next(_serial)
    values = {"email": f"staff{serial}@example.org", "given_name": "Ada", "family_name": "Okafor"}
    user = User.objects.create(password=_hashed("a long made-up password"), **values | fields)
    Membership.objects.create(user=user, practice=practice, role=role)
    return user


def make_code(kind: CodeKind, **fields: Any) -> SnomedCode:
    known = {
        CodeKind.INVITATION: ("711408005", "Short message service text message sent to patient", "READ2", "9N3G"),
        CodeKind.DECLINE: ("822931000000100", "Seasonal influenza vaccination declined", "READ2", "9OX51"),
    }
    concept, term, scheme, local = known[kind]
    values: dict[str, Any] = {
        "concept_id": concept,
        "term": term,
        "kind": kind,
        "emis_scheme": scheme,
        "emis_code": local,
    }
    stored = SnomedCode.objects.filter(id=concept).first()
    # As it is, or at once, where that will do: saving checks all that a form would, and every batch has two codes.
    if not fields and stored and stored.approved_at and all(getattr(stored, name) == values[name] for name in values):
        return stored
    values["approved_at"] = timezone.now()
    if not fields and not stored:
        return SnomedCode.objects.bulk_create([SnomedCode(**values)])[0]
    return SnomedCode.objects.update_or_create(concept_id=concept, defaults=values | fields)[0]


def make_list(practice: Practice, by: User, rows: int = 1, **fields: Any) -> PatientList:
    values = {
        "system": practice.clinical_system,
        "file_name": "patients.csv",
        "content_digest": f"{next(_serial):064x}",
        "state": ListState.READY,
        "row_count": rows,
    }
    patient_list = PatientList.objects.create(practice=practice, uploaded_by=by, **values | fields)
    for row in range(rows):
        make_recipient(patient_list, row_number=row + 2)
    return patient_list


def make_recipient(patient_list: PatientList, **fields: Any) -> Recipient:
    serial = next(_serial)
    values = {
        "row_number": serial + 1,
        "nhs_number": nhs_number(serial),
        "mobile": f"+447700900{serial % 1000:03}",
        "date_of_birth": date(1958, 3, 9),
        "given_name": "Asha",
        "family_name": "Patel",
        "verdict": Verdict.CAN,
    }
    return Recipient.objects.create(practice=patient_list.practice, patient_list=patient_list, **values | fields)


def make_campaign(
    practice: Practice | None = None, by: User | None = None, *, rows: int = 1, started: bool = False, **fields: Any
) -> Campaign:
    """A batch that is ready to be sent, or (started) has been, with nothing issued yet."""
    practice = practice or make_practice()
    by = by or make_staff(practice)
    values: dict[str, Any] = {
        "slot_type": "Flu clinic",
        "message": "Dear {name}, {practice} invites you to book your appointment: {link}",
        "appointment_name": "flu vaccination",
        "invitation_code": make_code(CodeKind.INVITATION),
        "allow_decline": True,
        "decline_message": "If you do not want a flu vaccine, we will not invite you again this year.",
        "decline_code": make_code(CodeKind.DECLINE),
        "list_agreed": True,
    }
    if "patient_list" not in fields:
        values["patient_list"] = make_list(practice, by, rows)
    if started:
        values |= {"state": CampaignState.RUNNING, "started_by": by, "started_at": timezone.now()}
    campaign = Campaign.objects.create(practice=practice, created_by=by, **values | fields)
    if campaign.state in (CampaignState.SCHEDULED, CampaignState.STARTING):
        rows = campaign.patient_list.recipients.count() if campaign.patient_list else 0
        Wave.objects.create(campaign=campaign, number=1, due_at=timezone.now(), size=rows)
    return campaign


def make_invitation(campaign: Campaign | None = None, recipient: Recipient | None = None, **fields: Any) -> Invitation:
    """One live invitation of a started batch. Its link's token is `token_for(invitation.id)`."""
    campaign = campaign or make_campaign(started=True)
    if recipient is None:
        assert campaign.patient_list is not None
        recipient = campaign.patient_list.recipients.can().filter(invitation=None).first()
        recipient = recipient or make_recipient(campaign.patient_list)
    invitation = Invitation(
        practice=campaign.practice,
        campaign=campaign,
        recipient=recipient,
        expires_at=timezone.now() + timedelta(days=7),
    )
    invitation.token_digest = digest(token_for(invitation.id))
    for name, value in fields.items():
        setattr(invitation, name, value)
    invitation.save()
    return invitation


def make_message(invitation: Invitation, **fields: Any) -> Message:
    """An invitation's text, due to be sent now."""
    values = {
        "practice": invitation.practice,
        "campaign_id": invitation.campaign_id,
        "subject_id": invitation.id,
        "purpose": Purpose.INVITATION,
        "to": invitation.recipient.mobile,
        "body": "Dear Asha, Example Surgery invites you to book your appointment: {link}",
        "link_key": invitation.link_key,
        "fragments": 1,
        "in_app_at": timezone.now() if fields.get("state") == MessageState.IN_APP else None,
    }
    return Message.objects.create(**values | fields)


def make_coded_entry(invitation: Invitation, after_message: Message | None = None, **fields: Any) -> CodedEntry:
    """An invitation's code: due to be filed now, or waiting until a text has gone."""
    code = make_code(CodeKind.INVITATION)
    waits = after_message is not None
    values: dict[str, Any] = {
        "practice": invitation.practice,
        "actor": invitation.campaign.started_by,
        "campaign_id": invitation.campaign_id,
        "subject_id": invitation.id,
        "purpose": Purpose.INVITATION,
        "nhs_number": invitation.recipient.nhs_number,
        "concept_id": code.concept_id,
        "term": code.term,
        "local_scheme": code.emis_scheme,
        "local_code": code.emis_code,
        "after_message": after_message,
        "happened_at": None if waits else timezone.now(),
        "state": CodeState.WAITING if waits else CodeState.DUE,
        "due_at": None if waits else timezone.now(),
    }
    return CodedEntry.objects.create(**values | fields)
