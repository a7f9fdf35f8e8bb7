"""The managers' page about reminders of appointments."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from core import links
from practices.access import StaffRequest, allowed
from practices.roles import Permission
from practices.staff import reminder_settings
from practices.staff.forms import RemindersForm


@require_http_methods(["GET", "HEAD", "POST"])
@allowed(Permission.CHANGE_PRACTICE)
def appointments(request: StaffRequest) -> HttpResponse:
    """Show which reminders go, and change it."""
    posted = request.POST if request.method == "POST" else None
    form = RemindersForm(posted, initial={"reminders": reminder_settings.chosen(request.practice)})
    if form.is_valid():
        settings = form.cleaned_data["reminders"]
        if reminder_settings.choose(practice=request.practice, settings=settings, by=request.user):
            messages.success(request, "Saved. Reminders that have been written already still go.")
        else:
            messages.info(request, "Nothing has changed.")
        return redirect("practices:appointment-reminders")
    context = {"form": form, "back": links.address("home")}
    return render(request, "practices/appointment-reminders.jinja", context)
