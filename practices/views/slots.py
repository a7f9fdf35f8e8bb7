"""The managers' page about which slots patients are offered."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from core import links
from practices.access import StaffRequest, allowed
from practices.roles import Permission
from practices.staff import slot_settings
from practices.staff.forms import SlotsForm


@require_http_methods(["GET", "HEAD", "POST"])
@allowed(Permission.CHANGE_PRACTICE)
def unmarked(request: StaffRequest) -> HttpResponse:
    """Show what becomes of slots that do not say whether they are face to face, and change it."""
    posted = request.POST if request.method == "POST" else None
    current = SlotsForm.YES if request.practice.offers_unmarked_slots else SlotsForm.NO
    form = SlotsForm(posted, initial={"unmarked": current})
    if form.is_valid():
        offers = form.cleaned_data["unmarked"] == SlotsForm.YES
        if slot_settings.choose(practice=request.practice, offers_unmarked=offers, by=request.user):
            messages.success(request, "Saved. Patients see the change within two minutes.")
        else:
            messages.info(request, "Nothing has changed.")
        return redirect("practices:slots")
    return render(request, "practices/slots.jinja", {"form": form, "back": links.address("home")})
