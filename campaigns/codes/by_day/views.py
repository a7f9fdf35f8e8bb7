"""The staff's pages on which many patients' codes are filed at once: a list for each code and day."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from campaigns.codes.by_day import groups as by_day
from campaigns.codes.by_day.filed_list_forms import FiledListForm
from campaigns.codes.by_day.groups import Group
from core.http import moment
from core.wording import plural
from integrations.clinical.registry import profile_of
from practices.access import StaffRequest, allowed
from practices.audit import trail as audit
from practices.roles import Permission

_SETTLING = timedelta(seconds=10)
"""Longer than a worker takes to commit what it has settled: nothing may join a list once somebody has it."""


View = Callable[[StaffRequest, Group], HttpResponse]


def with_group(view: View) -> Callable[[StaffRequest, str], HttpResponse]:
    """Hand a view the practice's code and day of the address's key; raise Http404 for one that never was.

    Where all of its entries have been filed, staff read that, and see the other lists.
    """

    @wraps(view)
    def handed(request: StaffRequest, key: str) -> HttpResponse:
        group = by_day.group(request.practice, key)
        if group is not None:
            return view(request, group)
        if not by_day.has_been(request.practice, key):
            raise Http404
        messages.info(request, "Somebody has marked these codes as filed already.")
        return redirect("campaigns:code-days")

    return handed


@require_safe
@allowed(Permission.SEE_PATIENTS)
def code_days(request: StaffRequest) -> HttpResponse:
    """Every code and day of which staff have something to file, with how many patients each has."""
    groups = by_day.groups(request.practice)
    context = {"groups": groups, "total": sum(group.codes for group in groups)}
    return render(request, "campaigns/code-days.jinja", context)


@require_safe
@allowed(Permission.SEE_PATIENTS)
@with_group
def code_day(request: StaffRequest, group: Group) -> HttpResponse:
    """One code and day: how to file it, the ways to take the list, and to say who has the code now."""
    return show(request, group, FiledListForm())


def show(request: StaffRequest, group: Group, form: FiledListForm) -> HttpResponse:
    """The page of one code and day, with the form for what was filed as far as it is filled in."""
    profile = profile_of(request.practice.clinical_system)
    context = {
        "group": group,
        "form": form,
        "system": profile.name,
        "steps": profile.many_codes.steps,
        "look_first": by_day.look_first_by_batch(request.practice, group),
    }
    return render(request, "campaigns/code-day.jinja", context)


@require_safe
@allowed(Permission.DOWNLOAD_PATIENTS)
@with_group
def numbers(request: StaffRequest, group: Group) -> HttpResponse:
    """The NHS numbers of a list as text to copy."""
    written = by_day.numbers(request.practice, group, _taken(request, group, "codes-to-copy"))
    return render(request, "campaigns/code-day-numbers.jinja", {"group": group, "numbers": written})


@require_safe
@allowed(Permission.DOWNLOAD_PATIENTS)
@with_group
def numbers_text(request: StaffRequest, group: Group) -> HttpResponse:
    """The NHS numbers of a list as a plain file: ten digits a line."""
    written = by_day.numbers(request.practice, group, _taken(request, group, "codes-as-text"))
    return _file("".join(f"{number}\r\n" for number in written), "text/plain", f"nhs-numbers-{group.key}.txt")


@require_safe
@allowed(Permission.DOWNLOAD_PATIENTS)
@with_group
def numbers_csv(request: StaffRequest, group: Group) -> HttpResponse:
    """The list as the CSV that the practice's clinical system takes."""
    lines = by_day.csv(request.practice, group, _taken(request, group, "codes-as-csv"))
    return _file("".join(lines), "text/csv", f"nhs-numbers-{group.key}.csv")


@require_http_methods(["GET", "HEAD", "POST"])
@allowed(Permission.FOLLOW_UP)
@with_group
def all_filed(request: StaffRequest, group: Group) -> HttpResponse:
    """Ask, then mark as filed all that is on the list as this person took it; without one, as it is now."""
    until = moment(request.POST.get("until", ""))
    if request.method == "POST" and until:
        until = min(until, timezone.now())
        say_marked(request, by_day.mark_filed(practice=request.practice, group=group, by=request.user, until=until))
        return redirect("campaigns:code-days")
    asked = _asked_about(request, group)
    if not asked["count"]:
        return redirect("campaigns:code-day", group.key)
    return render(request, "campaigns/code-day-all.jinja", {"group": group, **asked})


def say_marked(request: StaffRequest, count: int) -> None:
    """Tell somebody how many codes they have marked."""
    if count:
        messages.success(request, f"{plural(count, 'code')} marked as filed by hand.")
    else:
        messages.info(request, "Somebody has marked these codes as filed already.")


def _asked_about(request: StaffRequest, group: Group) -> dict[str, Any]:
    """What is open of the list that this person took; of the list as it is now, when they took none or filed it."""
    taken = moment(request.session.get(_session_name(group), ""))
    if taken and (count := by_day.to_file(request.practice, group, taken).count()):
        return {"until": taken, "taken": True, "count": count}
    until = timezone.now() - _SETTLING
    return {"until": until, "taken": False, "count": by_day.to_file(request.practice, group, until).count()}


def _taken(request: StaffRequest, group: Group, way: str) -> datetime:
    """Note who takes a list and in which way; the moment up to which entries are on it."""
    until = timezone.now() - _SETTLING
    if request.method == "GET":
        request.session[_session_name(group)] = until.isoformat()
        audit.downloaded(
            way,
            practice=request.practice,
            actor=request.user,
            concept_id=group.concept_id,
            day=group.day.isoformat(),
            count=group.patients,
        )
    return until


def _session_name(group: Group) -> str:
    return f"codes list {group.key}"


def _file(content: str, kind: str, name: str) -> HttpResponse:
    return HttpResponse(
        content,
        content_type=f"{kind}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
