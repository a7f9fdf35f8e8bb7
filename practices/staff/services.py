"""Who works in a practice: inviting, joining, changing roles, removing, and ending sessions.

Everything here is for the practice's managers, but for joining, which is for whoever holds the link. A practice always
keeps a manager who can log in: changes to its staff wait for each other at the practice's row.
"""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from practices.audit import trail as audit
from practices.models import Membership, Practice, Role, StaffInvitation, User
from practices.staff import second_persons


class LastManager(Exception):
    """The change would leave the practice without a manager."""


class AlreadyHere(Exception):
    """Somebody with this email address works in the practice already."""


class LinkUsed(Exception):
    """The invitation was used, withdrawn or has run out, also if only just now."""


def of(practice: Practice) -> QuerySet[Membership]:
    """The practice's staff, by name."""
    return practice.memberships.select_related("user").order_by("user__family_name", "user__given_name", "id")


def open_invitations(practice: Practice) -> QuerySet[StaffInvitation]:
    """The invitations that nobody has used yet, run out or not."""
    return practice.staff_invitations.filter(ended_at=None)


@transaction.atomic
def invite(*, practice: Practice, by: User, email: str, role: Role) -> tuple[StaffInvitation, str]:
    """An invitation and the token for its link, which is kept nowhere. One sent before to the same address is void.

    Raises AlreadyHere for somebody who is on the staff.
    """
    email = email.strip().lower()
    _lock(practice)
    if practice.memberships.filter(user__email=email).exists():
        raise AlreadyHere
    open_invitations(practice).filter(email=email).update(ended_at=timezone.now())
    token = secrets.token_urlsafe(32)
    invitation = StaffInvitation.objects.create(
        practice=practice,
        email=email,
        role=role,
        token_digest=digest(token),
        invited_by=by,
        expires_at=timezone.now() + timedelta(days=settings.STAFF_INVITE_DAYS),
    )
    audit.record("staff.invited", practice=practice, actor=by, object_id=invitation.id, role=role)
    return invitation, token


@transaction.atomic
def withdraw(*, invitation: StaffInvitation, by: User) -> None:
    """Make an invitation's link void. One that has ended stays as it is."""
    still_open = StaffInvitation.objects.filter(id=invitation.id, ended_at=None)
    if still_open.update(ended_at=timezone.now()):
        audit.record("staff.invitation_withdrawn", practice=invitation.practice, actor=by, object_id=invitation.id)


def invited(token: str) -> StaffInvitation | None:
    """The invitation of a link, or None for one that does not work, whatever the reason."""
    live = StaffInvitation.objects.filter(ended_at=None, expires_at__gt=timezone.now())
    return live.filter(token_digest=digest(token)).select_related("practice").first()


def digest(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


@transaction.atomic
def join(*, invitation: StaffInvitation, new: User | None = None, signed_in: User | None = None) -> User:
    """Add whoever the invitation was sent to: the user with that address, or else `new`, who is saved here.

    `signed_in` is who is logged in in the browser in which that happens, if anybody is. Who made a new account, and
    in whose browser an invitation was used, is noted: such accounts may be one person's. Raises LinkUsed where
    somebody was quicker, and where there is neither.
    """
    live = StaffInvitation.objects.select_for_update().filter(ended_at=None, expires_at__gt=timezone.now())
    locked = live.filter(id=invitation.id).first()
    if locked is None:
        raise LinkUsed
    user = User.objects.filter(email=locked.email).first() or new
    if user is None:
        raise LinkUsed
    if user is new:
        user.email = locked.email
        user.save()
        second_persons.made(account=user, by=locked.invited_by)
    if signed_in is not None:
        second_persons.joined_beside(account=user, signed_in=signed_in)
    locked.ended_at = timezone.now()
    locked.save(update_fields=["ended_at"])
    Membership.objects.get_or_create(user=user, practice=locked.practice, defaults={"role": locked.role})
    audit.record("staff.joined", practice=locked.practice, actor=user, object_id=user.id, role=locked.role)
    return user


@transaction.atomic
def change_role(*, membership: Membership, role: Role, by: User) -> None:
    """Give somebody another role, from their next request on. Raises LastManager."""
    _lock(membership.practice)
    membership.refresh_from_db()
    if membership.role == role:
        return
    if role != Role.MANAGER:
        _refuse_last(membership)
    before, membership.role = membership.role, role
    membership.save(update_fields=["role"])
    _record("staff.role_changed", membership, by, before=before, after=role)


@transaction.atomic
def remove(*, membership: Membership, by: User) -> None:
    """End somebody's access at once, and their sessions with it. Their account stays. Raises LastManager."""
    _lock(membership.practice)
    _refuse_last(membership)
    _end_sessions(membership.user)
    _record("staff.removed", membership, by, role=membership.role)
    Membership.objects.filter(pk=membership.pk).delete()


@transaction.atomic
def end_sessions(*, membership: Membership, by: User) -> None:
    """Log somebody out wherever they are logged in."""
    _end_sessions(membership.user)
    _record("staff.sessions_ended", membership, by)


def _end_sessions(user: User) -> None:
    User.objects.filter(pk=user.pk).update(session_round=F("session_round") + 1)


def _record(action: str, membership: Membership, by: User, **data: Any) -> None:
    audit.record(action, practice=membership.practice, actor=by, object_id=membership.user_id, **data)


def _lock(practice: Practice) -> None:
    Practice.objects.select_for_update().get(pk=practice.pk)


def is_last_manager(membership: Membership) -> bool:
    """Whether nobody else who can log in manages the practice."""
    managers = Membership.objects.filter(practice=membership.practice, role=Role.MANAGER, user__is_active=True)
    return membership.role == Role.MANAGER and not managers.exclude(pk=membership.pk).exists()


def _refuse_last(membership: Membership) -> None:
    if is_last_manager(membership):
        raise LastManager
