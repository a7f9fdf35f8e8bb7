"""What to say of a patient whom staff must reach: what happened, and what to do about it."""

from campaigns.models import Invitation
from integrations.messaging.nhs_notify.errors import Cause, cause_of
from integrations.messaging.port import NumberFault
from integrations.models.outbox import ANSWERS, Message, Purpose
from integrations.models.states import MessageState

_M = MessageState

Description = tuple[str, str]
"""What happened, and what to do about it."""


def about_lock(invitation: Invitation) -> Description:
    """What happened to a link that is locked after wrong dates of birth, and what staff should do."""
    happened = f"The link was locked after {invitation.date_of_birth_failures} wrong dates of birth."
    return happened, "Phone the patient. Check the date of birth in their record, and book for them."


def about_text(message: Message) -> Description:
    """Of a text that did not arrive, or may not have."""
    return _about_booking(message) if message.purpose in ANSWERS else _about_invitation(message)


_DESCRIPTIONS = {
    _M.CHECK: (
        "We could not find out whether this message went.",
        "Ask the patient whether they got it, or contact them in another way.",
    ),
    _M.NO_NEWS: (
        "The message went. After 3 days nobody has told us whether it arrived.",
        "If the patient does not answer, contact them in another way.",
    ),
}
_BY_CAUSE = {
    Cause.DEATH: "Check the patient's record first. Contact nobody before you are sure.",
    Cause.RECORD: "Check the patient's record, and whether they are still your patient, before you contact them.",
}
_BY_NUMBER = {
    NumberFault.BAD: "Ask for the right number and correct the patient's record. Contact them in another way.",
    NumberFault.STOPPED: "They want no texts. Contact them in another way.",
}


def _about_invitation(message: Message) -> Description:
    if message.state == _M.NO_NEWS and message.reason:
        return f"The message is in the NHS App. No text followed. {message.reason}", "Contact them in another way."
    if message.state != _M.FAILED:
        return _DESCRIPTIONS[_M(message.state)]
    if (cause := cause_of(message.error_code)) is not Cause.OTHER:
        return f"The message did not go. {message.reason}", _BY_CAUSE[cause]
    to_do = _BY_NUMBER.get(NumberFault(message.number_fault), "Contact them in another way.")
    return f"The message did not arrive. {message.reason}".strip(), to_do


_BOOKINGS = {
    Purpose.CONFIRMATION: (
        "The patient has booked. The text that confirms it {arrived}.",
        "Tell them the day and time of their appointment.",
    ),
    Purpose.NOT_BOOKED: (
        "The patient's booking did not go through. The text that says so {arrived}.",
        "Look for an appointment in your book, then phone them.",
    ),
    Purpose.CANCELLATION: (
        "The patient's appointment is cancelled. The text that says so {arrived}.",
        "Tell them that it is cancelled.",
    ),
    Purpose.NOT_CANCELLED: (
        "The patient's appointment could not be cancelled for them. The text that says so {arrived}.",
        "Cancel it in your book, then tell them.",
    ),
    Purpose.MORE_TIMES: (
        "The patient asked to hear of more times. The text that says there are some {arrived}.",
        "Phone them and offer them a time.",
    ),
    Purpose.NEW_LINK: (
        "The patient asked for a new link. The text with it {arrived}.",
        "Phone them and offer them a time.",
    ),
    Purpose.REBOOK: (
        "You sent the patient a link to choose another time. The text with it {arrived}.",
        "Phone them and offer them a time.",
    ),
}


def _about_booking(message: Message) -> Description:
    arrived = "did not arrive" if message.state == _M.FAILED else "may not have arrived"
    happened, to_do = _BOOKINGS[Purpose(message.purpose)]
    return happened.format(arrived=arrived), to_do
