"""Sending a text about a booking, and keeping back what it makes untrue."""

from django.db import transaction
from django.utils import timezone

from campaigns.models import Invitation
from integrations.models.outbox import ABOUT_APPOINTMENTS, Message
from integrations.models.states import MessageState
from integrations.outbox.queueing import queue


@transaction.atomic
def tell(invitation: Invitation, text: Message, *, overtakes: bool = False) -> None:
    """Have a text sent to an invitation's patient, in the caller's transaction.

    One that `overtakes` tells all that the patient needs to know. Earlier ones that have not left are withdrawn then:
    where texts have waited for hours, "booked" must not come after "cancelled". One that a worker is about to send is
    left to it.
    """
    if overtakes:
        earlier = Message.objects.filter(
            practice=invitation.practice,
            subject_id=invitation.id,
            purpose__in=ABOUT_APPOINTMENTS,
            state=MessageState.DUE,
        )
        unsent = list(earlier.select_for_update(skip_locked=True).values_list("id", flat=True))
        Message.objects.filter(id__in=unsent).update(
            state=MessageState.WITHDRAWN, due_at=None, settled_at=timezone.now()
        )
    queue(invitation.practice, [text])
