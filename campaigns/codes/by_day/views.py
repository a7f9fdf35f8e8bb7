"""The staff's pages on which many patients' codes are filed at once: a list for each code and day."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from campaigns.codes.by_day import groups as by_day
from campaigns.codes.by_day.filed_list_forms import FiledListForm
from campaigns.codes.by_day.groups import Group
from campaigns.codes.by_hand import moment_of
from core.wording import plural
from integrations.clinical.registry import profile_of
from practices.access import StaffRequest, allowed
from practices.audit import trail as audit
from practices.roles import Permission

_SETTLING = timedelta(seconds=10)
"""Longer than a worker takes to commit what it has settled: nothing may join a list once somebody has it."""


class NothingLeft(Exception):
    """All entries of a code and day have been filed: there is a message for staff, and the other lists to see."""


@require_safe
@allowed(Permission.SEE_PATIENTS)
def code_days(request: StaffRequest) -> HttpResponse:
    """Every code and day of which staff have something to file, with how many patients each has."""
    groups = by_day.groups(request.practice)
    context = {"groups": groups, "total": sum(group.codes for group in groups)}
    return render(request, "campaigns/code-days.jinja", context)


@require_safe
@allowed(Permission.SEE_PATIENTS)
def code_day(request: StaffRequest, key: str) -> HttpResponse:
    """One code and day: how to file it, the ways to take the list, and to say who has the code now."""
    try:
        group = group_of(request, key)
    except NothingLeft:
        return redirect("campaigns:code-days")
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
def numbers(request: StaffRequest, key: str) -> HttpResponse:
    """The NHS numbers of a list as text to copy."""
    try:
        group = group_of(request, key)
    except NothingLeft:
        return redirect("campaigns:code-days")
    written = by_day.numbers(request.practice, group, _taken(request, group, "codes-to-copy"))
    return render(request, "campaigns/code-day-numbers.jinja", {"group": group, "numbers": written})


@require_safe
@allowed(Permission.DOWNLOAD_PATIENTS)
def numbers_text(request: StaffRequest, key: str) -> HttpResponse:
    """The NHS numbers of a list as a plain file: ten digits a line."""
    try:
        group = group_of(request, key)
    except NothingLeft:
        return redirect("campaigns:code-days")
    written = by_day.numbers(request.practice, group, _taken(request, group, "codes-as-text"))
    return _file("".join(f"{number}\r\n" for number in written), "text/plain", f"nhs-numbers-{group.key}.txt")


@require_safe
@allowed(Permission.DOWNLOAD_PATIENTS)
def numbers_csv(request: StaffRequest, key: str) -> HttpResponse:
    """The list as the CSV that the practice's clinical system takes."""
    try:
        group = group_of(request, key)
    except NothingLeft:
        return redirect("campaigns:code-days")
    lines = by_day.csv(request.practice, group, _taken(request, group, "codes-as-csv"))
    return _file("".join(lines), "text/csv", f"nhs-numbers-{group.key}.csv")


@require_http_methods(["GET", "HEAD", "POST"])
@allowed(Permission.FOLLOW_UP)
def all_filed(request: StaffRequest, key: str) -> HttpResponse:
    """Ask, then mark as filed all that is on the list as this person took it; without one, as it is now."""
    try:
        group = group_of(request, key)
    except NothingLeft:
        return redirect("campaigns:code-days")
    until = moment_of(request.POST.get("until", ""))
    if request.method == "POST" and until:
        until = min(until, timezone.now())
        say_marked(request, by_day.mark_filed(practice=request.practice, group=group, by=request.user, until=until))
        return redirect("campaigns:code-days")
    asked = _asked_about(request, group)
    if not asked["count"]:
        return redirect("campaigns:code-day", group.key)
    return render(request, "campaigns/code-day-all.jinja", {"group": group, **asked})


def group_of(request: StaffRequest, key: str) -> Group:
    """One of the practice's codes and days. Raises NothingLeft, having said so; Http404 for one that never was."""
    group = by_day.group(request.practice, key)
    if group is not None:
        return group
    if not by_day.has_been(request.practice, key):
        raise Http404
    messages.info(request, "Somebody has marked these codes as filed already.")
    raise NothingLeft


def say_marked(request: StaffRequest, count: int) -> None:
    """Tell somebody how many codes they have marked."""
    if count:
        messages.success(request, f"{plural(count, 'code')} marked as filed by hand.")
    else:
        messages.info(request, "Somebody has marked these codes as filed already.")


def _asked_about(request: StaffRequest, group: Group) -> dict[str, Any]:
    """What is open of the list that this person took; of the list as it is now, when they took none or filed it."""
    taken = moment_of(request.session.get(_session_name(group), ""))
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
