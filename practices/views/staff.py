"""The managers' pages about who works in their practice."""

import logging
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.mail import send_mail
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import links
from practices.access import StaffRequest, allowed
from practices.models import Membership, StaffInvitation
from practices.roles import ABOUT, Permission
from practices.staff import services as staff
from practices.staff.forms import InviteForm, RoleForm

logger = logging.getLogger(__name__)

page = require_http_methods(["GET", "HEAD", "POST"])
_HINTS = {str(role): hint for role, hint in ABOUT.items()}
_LAST = "A practice needs a manager. Make somebody else a manager first."


@require_safe
@allowed(Permission.MANAGE_STAFF)
def people(request: StaffRequest) -> HttpResponse:
    """Everybody who works here, and who has been invited."""
    context = {
        "staff": staff.of(request.practice),
        "invitations": staff.open_invitations(request.practice),
        "now": timezone.now(),
    }
    return render(request, "practices/staff.jinja", context)


@page
@allowed(Permission.MANAGE_STAFF)
def invite(request: StaffRequest) -> HttpResponse:
    """Send somebody an email with a link that lets them join, once."""
    form = InviteForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            invitation, token = staff.invite(practice=request.practice, by=request.user, **form.cleaned_data)
        except staff.AlreadyHere:
            form.add_error("email", "Somebody with this email address works here already")
        else:
            _send(request, invitation, token)
            return redirect("practices:staff")
    context = {"form": form, "hints": _HINTS, "back": reverse("practices:staff")}
    return render(request, "practices/staff-invite.jinja", context)


def _send(request: StaffRequest, invitation: StaffInvitation, token: str) -> None:
    """Email the link; where that fails the invitation is withdrawn, and the page says so."""
    context = {
        "practice": invitation.practice,
        "by": request.user.get_full_name(),
        "link": settings.PUBLIC_BASE_URL + reverse("practices:join", args=[token]),
        "days": settings.STAFF_INVITE_DAYS,
    }
    body = render_to_string("practices/email/invitation.txt", context)
    try:
        send_mail(f"Join {invitation.practice.name} on Selfbook", body, None, [invitation.email])
    except OSError:
        logger.exception("an invitation could not be emailed", extra={"invitation_id": str(invitation.id)})
        staff.withdraw(invitation=invitation, by=request.user)
        messages.error(request, "The email could not be sent. Check the address, and try again in a few minutes.")
    else:
        messages.success(request, f"Invitation sent to {invitation.email}.")


@require_POST
@allowed(Permission.MANAGE_STAFF)
def withdraw(request: StaffRequest, invitation_id: UUID) -> HttpResponse:
    """Make an invitation's link void."""
    invitation = get_object_or_404(StaffInvitation, practice=request.practice, id=invitation_id)
    staff.withdraw(invitation=invitation, by=request.user)
    messages.success(request, f"Invitation to {invitation.email} withdrawn. Its link does not work any more.")
    return redirect("practices:staff")


@page
@allowed(Permission.MANAGE_STAFF)
def role(request: StaffRequest, user_id: UUID) -> HttpResponse:
    """Change what somebody may do."""
    membership = _member(request, user_id)
    form = RoleForm(request.POST if request.method == "POST" else None, initial={"role": membership.role})
    if form.is_valid():
        try:
            staff.change_role(membership=membership, role=form.cleaned_data["role"], by=request.user)
        except staff.LastManager:
            form.add_error("role", _LAST)
        else:
            messages.success(request, f"{membership.user} is now a {membership.get_role_display().lower()}.")
            return redirect("practices:staff" if membership.user != request.user else links.address("home"))
    context = {"form": form, "hints": _HINTS, "member": membership, "back": reverse("practices:staff")}
    return render(request, "practices/staff-role.jinja", context)


@page
@allowed(Permission.MANAGE_STAFF)
def remove(request: StaffRequest, user_id: UUID) -> HttpResponse:
    """Ask, then end somebody's access."""
    membership = _member(request, user_id)
    if request.method == "POST":
        try:
            staff.remove(membership=membership, by=request.user)
        except staff.LastManager:
            messages.error(request, _LAST)
        else:
            messages.success(request, f"{membership.user} does not work here any more, and is logged out.")
        return redirect("practices:staff")
    context = {"member": membership, "back": reverse("practices:staff")}
    return render(request, "practices/staff-remove.jinja", context)


@require_POST
@allowed(Permission.MANAGE_STAFF)
def end_sessions(request: StaffRequest, user_id: UUID) -> HttpResponse:
    """Log a colleague out of every browser; their account and role stay."""
    membership = _member(request, user_id)
    staff.end_sessions(membership=membership, by=request.user)
    messages.success(request, f"{membership.user} is logged out everywhere.")
    return redirect("practices:staff")


def _member(request: StaffRequest, user_id: UUID) -> Membership:
    """Somebody's place in this practice. Raises Http404."""
    return get_object_or_404(staff.of(request.practice), user_id=user_id)
