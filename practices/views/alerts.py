"""The page on which a manager chooses what they are emailed about."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from practices.access import StaffRequest, allowed
from practices.alerts import services as alerts
from practices.roles import Permission
from practices.staff.forms import AlertsForm


@require_http_methods(["GET", "HEAD", "POST"])
@allowed(Permission.CHANGE_PRACTICE)
def choose(request: StaffRequest) -> HttpResponse:
    """Show the kinds of email that this manager gets about this practice, and change them."""
    posted = request.POST if request.method == "POST" else None
    form = AlertsForm(posted, initial={"kinds": [kind.value for kind in alerts.wanted(request.membership)]})
    if form.is_valid():
        if alerts.choose(request.membership, form.cleaned_data["kinds"]):
            messages.success(request, "Saved.")
        else:
            messages.info(request, "Nothing has changed.")
        return redirect("practices:alerts")
    return render(request, "practices/alerts.jinja", {"form": form})
