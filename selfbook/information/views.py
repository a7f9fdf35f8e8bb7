"""Pages that anybody may open, of a practice or of none, and the one on which managers write their own words."""

from datetime import date
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from core import links
from core.http import posted
from practices.access import StaffRequest, allowed
from practices.models import Practice
from practices.roles import Permission
from selfbook.information import cookies, services
from selfbook.information.forms import InformationForm

PREPARED = date(2026, 11, 30)
"""When the accessibility statement was last gone through, beside the pages that it is about."""


class _PublicRequest(HttpRequest):
    practice: Practice | None


def _practice(ods_code: str) -> Practice | None:
    return get_object_or_404(Practice, ods_code=ods_code.upper()) if ods_code else None


def _show(request: HttpRequest, template: str, ods_code: str, **context: Any) -> HttpResponse:
    """A page in the name of a practice, or of none. 404 where there is no such practice.

    The request's own practice is set too: the page is that practice's, even where a member of another's staff looks.
    """
    practice = _practice(ods_code)
    cast(_PublicRequest, request).practice = practice
    own = services.of(practice)
    context |= {
        "practice": practice,
        "data_protection_contact": services.paragraphs(own.data_protection_contact),
        "own_privacy": services.paragraphs(own.privacy),
        "own_accessibility": services.paragraphs(own.accessibility),
        "operator": settings.OPERATOR_NAME,
        "operator_contact": settings.OPERATOR_CONTACT,
        "address": settings.PUBLIC_BASE_URL,
        "prepared": PREPARED,
        "retention_days": services.retention_days(practice),
    }
    return render(request, f"information/{template}.jinja", context)


@require_safe
def privacy(request: HttpRequest, ods_code: str = "") -> HttpResponse:
    """What patients must be told of their data (UK GDPR, articles 13 and 14)."""
    return _show(request, "privacy", ods_code)


@require_safe
def cookie_list(request: HttpRequest, ods_code: str = "") -> HttpResponse:
    """Every cookie by its name, what it is for, and how long it lives."""
    return _show(request, "cookies", ods_code, of_patients=cookies.of_patients(), of_staff=cookies.of_staff())


@require_safe
def accessibility(request: HttpRequest, ods_code: str = "") -> HttpResponse:
    """The accessibility statement that public bodies owe (SI 2018/952), in the form of its model."""
    return _show(request, "accessibility", ods_code)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed(Permission.CHANGE_PRACTICE)
def change(request: StaffRequest) -> HttpResponse:
    """Show what the practice adds to these pages, and change it."""
    own = services.of(request.practice)
    form = InformationForm(posted(request), initial={name: getattr(own, name) for name in services.FIELDS})
    if form.is_valid():
        if services.change(practice=request.practice, by=request.user, **form.cleaned_data):
            messages.success(request, "Saved. Patients see it at once.")
        else:
            messages.info(request, "Nothing has changed.")
        return redirect("information:change")
    context = {"form": form, "back": links.address("home")}
    return render(request, "information/change.jinja", context)
