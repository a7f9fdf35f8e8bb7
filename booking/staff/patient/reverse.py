"""Taking a decline back for a patient who asks. What has been filed in the record stays there."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from booking.appointments.link_rules import WITHDRAWN
from booking.appointments.services import locked
from booking.models import Decline
from booking.staff.patient.refusals import CannotDo
from campaigns.models import InvitationState, lifetime_end
from practices.audit import trail as audit
from practices.models import User


@transaction.atomic
def reverse_decline(*, invitation_id: UUID, by: User) -> bool:
    """Let a patient who declined answer anew; False when there is no decline to reverse any more.

    A link that has expired is renewed. The code of the decline stays, and declining again files no second one: one
    entry is filed for each patient and event. Raises CannotDo where staff have withdrawn the batch's links.
    """
    invitation = locked(invitation_id)
    declined = Decline.objects.select_for_update().filter(invitation=invitation, reversed_at=None).first()
    if declined is None or invitation.state != InvitationState.DECLINED:
        return False
    if invitation.campaign.links_withdrawn:
        raise CannotDo(WITHDRAWN)
    declined.reversed_at, declined.reversed_by = timezone.now(), by
    declined.save(update_fields=["reversed_at", "reversed_by"])
    invitation.open_until(lifetime_end(invitation.campaign) if invitation.is_expired else invitation.expires_at)
    audit.record(
        "invitation.decline_reversed",
        practice=invitation.practice,
        actor=by,
        object_id=invitation.id,
        campaign_id=str(invitation.campaign_id),
    )
    return True
