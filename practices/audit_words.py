"""What each action of the audit trail is called on screen. A test holds that every action in the code is here."""

from collections.abc import Mapping
from types import MappingProxyType

LOOKED = "patients.looked"
"""Somebody had these patients on a page."""
DOWNLOADED = "patients.downloaded"
"""Somebody took a list of patients with them as a file."""

WORDS: Mapping[str, str] = MappingProxyType(
    {
        "account.factor_added": "Set up a second factor",
        "account.factor_removed": "Removed a second factor",
        "account.openid_linked": "Linked an account to the organisation's log-in",
        "addresses.limited": "Too many wrong dates of birth from one place: others there must wait",
        "audit.downloaded": "Downloaded the audit trail",
        "audit.searched": "Searched the audit trail",
        "booking.booked": "Appointment booked for a patient",
        "booking.cancel_asked": "Asked for an appointment to be cancelled",
        "booking.cancelled": "Appointment cancelled",
        "booking.check": "Appointment could not be settled: check by hand",
        "booking.checked": "Settled whether an appointment is booked",
        "booking.confirmed": "Patient chose an appointment",
        "booking.failed": "Appointment could not be booked",
        "booking.not_cancelled": "Appointment could not be cancelled: cancel by hand",
        "booking.not_in_book": "Appointment is not in the practice's book any more",
        "booking.slot_gone": "Appointment a patient chose had gone",
        "campaign.approval_asked": "Asked for a batch to be approved",
        "campaign.approval_withdrawn": "Took a batch back before it was approved",
        "campaign.approved": "Approved a batch",
        "campaign.cancelled": "Cancelled a batch",
        "campaign.codes_by_hand": "Marked codes as filed by hand",
        "campaign.created": "Started a new batch",
        "campaign.decline": "Chose whether patients may decline",
        "campaign.deleted": "Deleted a draft",
        "campaign.duplicated": "Made a draft like another batch",
        "campaign.included": "Chose whether to include patients already invited or booked",
        "campaign.limits": "Limited the times of a batch",
        "campaign.list": "Put a patient list on a batch",
        "campaign.list_agreed": "Agreed who can be sent to",
        "campaign.message": "Wrote the message of a batch",
        "campaign.paused": "Paused a batch",
        "campaign.reminded": "Sent a reminder to those who had not answered",
        "campaign.resumed": "Let a paused batch go on",
        "campaign.sent": "Sent a batch",
        "campaign.sent_back": "Sent a batch back without approving it",
        "campaign.slot_type": "Chose the slot type of a batch",
        "campaign.time": "Chose when a batch goes",
        "campaign.undone": "Undid the sending of a batch",
        "clinical.outage_ended": "Clinical system answers again",
        "code.added": "Added a SNOMED code",
        "code.approved": "Approved a SNOMED code",
        "code.changed": "Changed a SNOMED code",
        "code.proposed": "Stood up for a SNOMED code",
        "code.switched_off": "Switched a SNOMED code off",
        "code.switched_on": "Switched a SNOMED code on",
        "code.turned_down": "Turned a SNOMED code down",
        "connection.answered": "Connection answered a test",
        "connection.tested": "Tested a connection",
        "invitation.caller_checked": "Checked who was calling",
        "invitation.decline_reversed": "Reversed a decline",
        "invitation.declined": "Patient declined",
        "invitation.expired": "Ended a link",
        "invitation.link_shown": "Showed a patient's link",
        "invitation.locked": "Link locked after wrong dates of birth",
        "invitation.renewed": "Renewed a link",
        "invitation.sent_again": "Sent a text again",
        "invitation.unlocked": "Unlocked a link",
        "invitation.wants_more_times": "Patient asked to hear of more times",
        "opt_out.added": "Added an opt-out",
        "opt_out.ended": "Removed an opt-out",
        "patient.seen": "Opened a patient's page",
        "patient_list.checked": "Patient list checked",
        "patient_list.refused": "Patient list could not be read",
        "patient_list.uploaded": "Uploaded a patient list",
        DOWNLOADED: "Downloaded a list of patients",
        LOOKED: "Looked at patients",
        "patients.searched": "Searched for a patient",
        "snomed.imported": "Loaded a release of SNOMED CT",
        "staff.invitation_withdrawn": "Withdrew the invitation of a member of staff",
        "staff.invited": "Invited a member of staff",
        "staff.joined": "Joined the practice",
        "staff.removed": "Removed a member of staff",
        "staff.role_changed": "Changed the role of a member of staff",
        "staff.sessions_ended": "Logged a member of staff out everywhere",
        "template.archived": "Put a template away",
        "template.changed": "Changed a template",
        "template.created": "Wrote a template",
        "template.restored": "Brought a template back",
        "texts.resumed": "Texts go out again",
        "texts.stopped": "Texts stopped: the account does not work",
    }
)


def words(action: str) -> str:
    """The words for an action; one that has gone from the code since is shown as it was written."""
    return WORDS.get(action, action)
