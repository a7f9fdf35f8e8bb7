"""The admin's pages for SNOMED CT codes: who wrote one, who approved it, and the page on which that is done."""

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.template.response import TemplateResponse

from campaigns import codes
from campaigns.models import CodeKind, SnomedCode
from practices.models import User

_NEW = "It is offered to staff once another administrator has approved it."


class SnomedCodeAdmin(admin.ModelAdmin[SnomedCode]):
    """SNOMED CT codes that staff may choose, and those that nobody may."""

    list_display = ("term", "concept_id", "kind", "emis_scheme", "emis_code", "active", "standing")
    list_filter = ("kind", "active", ("approved_at", admin.EmptyFieldListFilter))
    list_select_related = ("proposed_by", "approved_by")
    search_fields = ("term", "concept_id")
    fields = ("concept_id", "term", "kind", "emis_scheme", "emis_code", "active", "standing")
    actions = ("approve",)

    def get_readonly_fields(self, request: HttpRequest, obj: SnomedCode | None = None) -> list[str]:
        """The id of a code that is there already names it: add another instead."""
        return ["concept_id", "standing"] if obj else ["standing"]

    @admin.display(description="Approval")
    def standing(self, code: SnomedCode) -> str:
        """Who answers for what the code says."""
        if code.kind in (CodeKind.GIVEN, CodeKind.OTHER):
            return "Never goes with a batch"
        if code.approved_by:
            return f"Written by {code.proposed_by}, approved by {code.approved_by}"
        if code.is_approved:
            return "Came with Selfbook"
        if code.proposed_by:
            return f"Not approved. Written by {code.proposed_by}: somebody else must approve it"
        return "Not approved. Two people must"

    def save_model(self, request: HttpRequest, obj: SnomedCode, form: ModelForm[SnomedCode], change: bool) -> None:
        """Keep who wrote it; what it says has to be approved again."""
        codes.write(code=obj, by=cast(User, request.user))
        if not obj.is_approved and obj.kind in (CodeKind.INVITATION, CodeKind.DECLINE):
            messages.warning(request, f"{obj.concept_id} is not approved. {_NEW}")

    @admin.action(description="Approve selected codes", permissions=["change"])
    def approve(self, request: HttpRequest, queryset: QuerySet[SnomedCode]) -> TemplateResponse | None:
        """Show what each code says, to be compared with SNOMED CT itself; approve those that were ticked."""
        if "confirm" in request.POST:
            for ticked in request.POST.getlist("checked"):
                self._approve(request, *ticked.partition(":")[::2])
            return None
        waiting = queryset.filter(approved_at=None, kind__in=[CodeKind.INVITATION, CodeKind.DECLINE])
        shown = [{"code": code, "seen": codes.fingerprint(code)} for code in waiting.select_related("proposed_by")]
        if not shown:
            messages.info(request, "None of the codes that you selected waits for approval.")
            return None
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": "Approve codes",
            "opts": self.model._meta,
            "shown": shown,
            "mine": request.user,
        }
        return TemplateResponse(request, "admin/campaigns/snomedcode/approve.html", context)

    def _approve(self, request: HttpRequest, concept_id: str, seen: str) -> None:
        try:
            code = codes.approve(concept_id=concept_id, seen=seen, by=cast(User, request.user))
        except codes.CannotApprove as refusal:
            messages.error(request, refusal.reason)
            return
        if code.is_approved:
            messages.success(request, f"{code.concept_id} is approved. Staff can choose it.")
        else:
            messages.warning(request, f"{code.concept_id}: noted. {_NEW}")
