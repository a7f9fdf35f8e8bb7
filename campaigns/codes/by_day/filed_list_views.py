"""The staff's pages for a list of patients whose codes they have filed: who matches, and then their word for it."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from campaigns.codes.by_day import filed_lists
from campaigns.codes.by_day import groups as by_day
from campaigns.codes.by_day.filed_list_forms import FiledListForm, MatchedForm
from campaigns.codes.by_day.groups import Group
from campaigns.codes.by_day.views import say_marked, show, with_group
from campaigns.codes.by_hand import Listed, listed
from practices.access import StaffRequest, allowed
from practices.audit import trail as audit
from practices.roles import Permission

SHOWN = 25
"""Patients, NHS numbers and rows of each kind that are written out: more is a list that wants a file."""


@require_POST
@allowed(Permission.FOLLOW_UP)
@with_group
def compare(request: StaffRequest, group: Group) -> HttpResponse:
    """Read a list and say who matched, who is still open, and who was not expected. Nothing is settled yet."""
    form = FiledListForm(request.POST, request.FILES)
    if not form.is_valid():
        return show(request, group, form)
    comparison = filed_lists.compare(request.practice, group, form.listed)
    still_open = _patients(request, group, comparison.still_open[:SHOWN])
    context = {
        "group": group,
        "one": comparison,
        "still_open": still_open,
        "bad": [(bad.row, filed_lists.why(bad.reason)) for bad in comparison.bad[:SHOWN]],
        "most": SHOWN,
        "form": MatchedForm.of(comparison.matched),
    }
    return render(request, "campaigns/code-day-compare.jinja", context)


def _patients(request: StaffRequest, group: Group, numbers: Sequence[str]) -> list[Listed]:
    """The patients of a group with these NHS numbers, put on record as looked at."""
    entries = by_day.open_entries(request.practice, group).filter(nhs_number__in=numbers).order_by("nhs_number", "id")
    by_number = {row.entry.nhs_number: row for row in listed(list(entries[: 2 * SHOWN]))}
    audit.looked(
        practice=request.practice,
        actor=request.user,
        patient_ids=[row.recipient.id for row in by_number.values()],
    )
    return list(by_number.values())


@require_POST
@allowed(Permission.FOLLOW_UP)
@with_group
def filed(request: StaffRequest, group: Group) -> HttpResponse:
    """Mark exactly the entries that matched as filed by hand."""
    form = MatchedForm(request.POST)
    if not form.is_valid():
        messages.error(request, "We could not tell which codes you meant. Upload the file again.")
        return redirect("campaigns:code-day", group.key)
    entries = form.cleaned_data["entries"]
    say_marked(request, by_day.mark_filed(practice=request.practice, group=group, by=request.user, entries=entries))
    return redirect("campaigns:code-days")
