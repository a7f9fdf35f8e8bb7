"""The admin's pages for SNOMED CT codes: who wrote one, who approved it, and the pages on which that is done.

Everybody's codes are written here and approved by a second administrator. A practice's own are asked for on its own
pages; here they wait for an administrator where that is needed, are shared with all, and are switched off.
"""

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse

from campaigns.codes import search as code_search
from campaigns.codes import services as codes
from campaigns.codes import sharing
from campaigns.models import CodeKind, SnomedCode
from practices.models import User
from practices.staff.second_persons import Refusal

_NEW = "It is offered to staff once another administrator has approved it."
_TITLES = {"approve": "Approve codes", "share": "Share codes with all practices"}
_WAITS = Q(approved_at=None, active=True, kind__in=[CodeKind.INVITATION, CodeKind.DECLINE])

_Refusing = Callable[[SnomedCode, User], Refusal | None]


class CodeForm(forms.ModelForm[SnomedCode]):
    """One of everybody's codes, or a practice's own as far as it can be changed here."""

    def clean_concept_id(self) -> str:
        """Raises ValidationError for an id that everybody has already."""
        concept_id = str(self.cleaned_data["concept_id"])
        if SnomedCode.objects.shared().filter(concept_id=concept_id).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("All practices have this code already.")
        return concept_id


class WaitingFilter(admin.SimpleListFilter):
    """For whose approval codes wait."""

    title = "approval"
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The choices beside the list: value and label."""
        return [("administrator", "Waiting for an administrator"), ("practice", "Waiting for the practice's manager")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[SnomedCode]) -> QuerySet[SnomedCode]:
        """The codes that wait for the chosen approval; all while none is chosen."""
        if self.value() is None:
            return queryset
        return code_search.marked(queryset).filter(_WAITS & Q(borne_out=self.value() == "practice"))


class WhoseFilter(admin.SimpleListFilter):
    """Everybody's codes, or practices' own."""

    title = "who can use it"
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The choices beside the list: value and label."""
        return [("all", "All practices"), ("own", "One practice")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[SnomedCode]) -> QuerySet[SnomedCode]:
        """The codes of the chosen owner; all while none is chosen."""
        if self.value() is None:
            return queryset
        return queryset.filter(practice__isnull=self.value() == "all")


class SnomedCodeAdmin(admin.ModelAdmin[SnomedCode]):
    """SNOMED CT codes that staff may choose, and those that nobody may."""

    form = CodeForm
    list_display = ("term", "concept_id", "kind", "whose", "emis_scheme", "emis_code", "active", "sources", "standing")
    list_filter = (
        WaitingFilter,
        WhoseFilter,
        "kind",
        "active",
        "one_source",
        ("approved_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("practice", "proposed_by", "approved_by", "shared_from__practice")
    search_fields = ("term", "concept_id", "practice__name", "=practice__ods_code")
    fields = (
        "concept_id",
        "term",
        "kind",
        "emis_scheme",
        "emis_code",
        "active",
        "whose",
        "source",
        "sources",
        "standing",
    )
    actions = ("approve", "share", "stop_sharing")

    def get_readonly_fields(self, request: HttpRequest, obj: SnomedCode | None = None) -> list[str]:
        """The id of a code that is there already names it. What a practice's own says is for its own people to say."""
        fixed = ["concept_id"] if obj else []
        own = list(codes.MEANING) if obj and obj.practice_id else []
        return [*fixed, *own, "whose", "source", "sources", "standing"]

    @admin.display(description="Public sources")
    def sources(self, code: SnomedCode) -> str:
        """A warning where the id was seen published in one place alone."""
        return code.caution

    @admin.display(description="Who can use it")
    def whose(self, code: SnomedCode) -> str:
        """Whose own it is, and where everybody's came from."""
        if code.practice:
            return f"Only {code.practice}"
        return f"All practices, shared by {code.shared_from.practice}" if code.shared_from else "All practices"

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
            who = "an administrator" if codes.needs_administrator(code) else "a manager there"
            return f"Not approved. Written by {code.proposed_by}: {who if code.practice_id else 'somebody else'} must"
        return "Not approved. Two people must"

    def save_model(self, request: HttpRequest, obj: SnomedCode, form: Any, change: bool) -> None:
        """Store who wrote it; what it says has to be approved again."""
        codes.write(code=obj, by=cast(User, request.user))
        if not obj.is_approved and obj.kind in (CodeKind.INVITATION, CodeKind.DECLINE):
            messages.warning(request, f"{obj.concept_id} is not approved. {_NEW}")

    @admin.action(description="Approve selected codes", permissions=["change"])
    def approve(self, request: HttpRequest, queryset: QuerySet[SnomedCode]) -> TemplateResponse | None:
        """Show what each code says, to be compared with SNOMED CT itself; approve those that were ticked."""
        if "confirm" in request.POST:
            _for_each_ticked(request, self._approve)
            return None
        waiting = queryset.filter(approved_at=None, kind__in=[CodeKind.INVITATION, CodeKind.DECLINE])
        if not waiting.exists():
            messages.info(request, "None of the codes that you selected waits for approval.")
            return None
        return self._ask(request, waiting, "approve", codes.refusal)

    def _approve(self, request: HttpRequest, code_id: str, seen: str) -> None:
        code = codes.approve(code_id=code_id, seen=seen, by=cast(User, request.user))
        if code.is_approved:
            where = f"Staff of {code.practice}" if code.practice else "Staff"
            messages.success(request, f"{code.concept_id} is approved. {where} can choose it.")
        else:
            messages.warning(request, f"{code.concept_id}: noted. {_NEW}")

    @admin.action(description="Share selected codes with all practices", permissions=["change"])
    def share(self, request: HttpRequest, queryset: QuerySet[SnomedCode]) -> TemplateResponse | None:
        """Show what each practice's own code says; give all practices a copy of those that were ticked."""
        if "confirm" in request.POST:
            _for_each_ticked(request, self._share)
            return None
        own = queryset.filter(practice__isnull=False, approved_at__isnull=False, active=True)
        if not own.exists():
            messages.info(request, "None of the codes that you selected is one practice's own and ready to use.")
            return None
        return self._ask(request, own, "share", sharing.refusal)

    def _share(self, request: HttpRequest, code_id: str, seen: str) -> None:
        copy = sharing.share(code_id=code_id, seen=seen, by=cast(User, request.user))
        messages.success(request, f"{copy.concept_id} is shared. Staff of all practices can choose it.")

    @admin.action(description="Stop sharing selected codes", permissions=["change"])
    def stop_sharing(self, request: HttpRequest, queryset: QuerySet[SnomedCode]) -> None:
        """Switch off the copies that all practices have. The practices' own codes stay as they are."""
        for code in queryset:
            if sharing.stop_sharing(code_id=code.pk, by=cast(User, request.user)):
                messages.success(request, f"{code.concept_id} is not shared any more.")
            else:
                messages.info(request, f"{code.concept_id} is not a shared code of a practice.")

    def _ask(
        self, request: HttpRequest, shown: QuerySet[SnomedCode], action: str, refusal: _Refusing
    ) -> TemplateResponse:
        """The page on which an administrator compares each code with SNOMED CT itself, and ticks it."""
        rows = [
            {"code": code, "seen": codes.fingerprint(code), "refused": refusal(code, cast(User, request.user))}
            for code in shown.select_related("practice", "proposed_by", "approved_by")
        ]
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _TITLES[action],
            "action": action,
            "opts": self.model._meta,
            "shown": rows,
        }
        return TemplateResponse(request, "admin/campaigns/snomedcode/approve.html", context)


def _for_each_ticked(request: HttpRequest, act: Callable[[HttpRequest, str, str], None]) -> None:
    """Do it with each code that was ticked, as it was seen; say why not where it is refused."""
    for ticked in request.POST.getlist("checked"):
        code_id, _, seen = ticked.partition(":")
        try:
            act(request, code_id, seen)
        except codes.CannotApprove as error:
            messages.error(request, error.reason)
