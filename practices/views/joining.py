"""What somebody meets who was invited to a practice, and people's own accounts."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import links
from core.web import signed_cookie
from practices.access import StaffRequest, staff_page
from practices.models import User
from practices.staff import browsers, switching
from practices.staff import services as staff
from practices.staff.forms import JoinForm

COOKIE = "joining"
LASTS = 3600
"""Seconds in which the form is filled in; the link may be opened again."""


@require_safe
def join(request: HttpRequest, token: str) -> HttpResponse:
    """The link in the email: its token goes into a signed cookie, so that no later address holds it (ASVS 14.2.1)."""
    response = redirect("practices:joining")
    signed_cookie.keep(response, COOKIE, token, seconds=LASTS)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def joining(request: HttpRequest) -> HttpResponse:
    """Join: with a name and a password for somebody new; for an account that there is, by saying yes.

    Joining logs nobody in: the password, and the second factor, are asked for as always.
    """
    invitation = staff.invited(str(signed_cookie.read(request, COOKIE, seconds=LASTS) or ""))
    if invitation is None:
        return render(request, "practices/join-void.jinja", status=410)
    known = User.objects.filter(email=invitation.email).exists()
    form = None if known else JoinForm(request.POST if request.method == "POST" else None, invitation=invitation)
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            signed_in = request.user if isinstance(request.user, User) else None
            joined = staff.join(invitation=invitation, new=form.user() if form else None, signed_in=signed_in)
        except staff.LinkUsed:
            return render(request, "practices/join-void.jinja", status=410)
        if signed_in is not None:
            browsers.note(request, signed_in)
        browsers.note(request, joined)
        messages.success(request, f"You have joined {invitation.practice.name}.")
        response = redirect(links.address("home") if request.user.is_authenticated else "account_login")
        signed_cookie.forget(response, COOKIE)
        return response
    return render(request, "practices/join.jinja", {"form": form, "invitation": invitation})


@require_safe
@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Somebody's own account: how they log in, and where they work."""
    assert isinstance(request.user, User)
    own = request.user.memberships.select_related("practice").order_by("practice__name")
    return render(request, "practices/account.jinja", {"memberships": own})


@require_POST
@staff_page
def switch(request: StaffRequest) -> HttpResponse:
    """Go to another of one's own practices; any other is not there."""
    own = request.user.memberships.select_related("practice")
    membership = get_object_or_404(own, practice__ods_code=request.POST.get("practice", ""))
    switching.switch(request, membership.practice)
    messages.success(request, f"You are now working at {membership.practice.name}.")
    return redirect(links.address("home"))
