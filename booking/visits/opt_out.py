"""A patient wants no texts from the practice, or wants them again, and says so by their link.

It is kept of the phone that the link was sent to, as an answer of STOP is: everybody who shares it gets no texts.
"""

from campaigns.models import Invitation
from patients.models import OptOutSource
from patients.opt_outs import services as opt_outs


def is_stopped(invitation: Invitation) -> bool:
    """Whether this patient gets no texts now, for whatever reason."""
    return opt_outs.hold_for(invitation.recipient_id)


def change(*, invitation: Invitation, stop: bool) -> None:
    """Stop texts to the link's phone, or let them come again. Saying the same twice changes nothing.

    Only what was asked for from a phone can be taken back here: what staff noted stays until they end it.
    """
    practice, mobile = invitation.practice, invitation.recipient.mobile
    if stop:
        opt_outs.add(practice=practice, by=None, source=OptOutSource.PATIENT, mobile=mobile)
    else:
        opt_outs.end_stops(practice, [mobile])
