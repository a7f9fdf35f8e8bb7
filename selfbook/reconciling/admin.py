"""The admin's pages for holds: holding, letting go, and what went before a database was restored."""

from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from core.hints import hint
from practices.holds import services as holds
from practices.models import AuditEvent, Cause, Hold, Practice, User
from selfbook.reconciling import due
from selfbook.reconciling import services as reconciling


class HoldForm(forms.ModelForm[Hold]):
    """Which practice is held, and what its staff read."""

    class Meta:
        model = Hold
        fields: ClassVar = ["practice", "reason"]
        labels: ClassVar = {"practice": "Practice (empty: all practices)"}

    def clean(self) -> dict[str, Any]:
        """A person holds a practice once."""
        cleaned: dict[str, Any] = self.cleaned_data
        if Hold.objects.filter(practice=cleaned.get("practice"), cause=Cause.BY_HAND).exists():
            raise ValidationError("That is on hold already.")
        return cleaned


@admin.register(Hold)
class HoldAdmin(admin.ModelAdmin[Hold]):
    """Holding all that leaves, of a practice or of all. What Selfbook holds by itself, the page "Reconcile" lets go."""

    form = HoldForm
    list_display = ("__str__", "reason", "since", "by", "reconciled_at")
    list_select_related = ("practice", "by")
    actions = ("let_go",)
    change_list_template = "admin/practices/hold/holds.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """For administrators who may do all."""
        return cast(User, request.user).is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: it begins and it ends."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: letting go is an action, which the audit trail has."""
        return False

    def has_release_permission(self, request: HttpRequest) -> bool:
        """For administrators who may do all."""
        return cast(User, request.user).is_superuser

    def save_model(self, request: HttpRequest, obj: Hold, form: ModelForm[Hold], change: bool) -> None:
        """Hold, in the administrator's name: once this has answered nothing new leaves."""
        holds.hold(obj.practice, by=cast(User, request.user), reason=obj.reason)
        obj.pk = Hold.objects.get(practice=obj.practice, cause=Cause.BY_HAND).pk

    @admin.action(description="Let things leave again", permissions=["release"])
    def let_go(self, request: HttpRequest, queryset: QuerySet[Hold]) -> None:
        """Release what people have held; what Selfbook holds by itself needs a look at what is due first."""
        for each in queryset.select_related("practice"):
            if each.cause in holds.AUTOMATIC:
                messages.error(request, f"{each}: see what is due on the page Reconcile, and let it go there.")
            else:
                holds.release(each.practice, by=cast(User, request.user))
                messages.success(request, f"{each.practice or 'All practices'}: things may leave again.")

    def get_urls(self) -> list[URLPattern]:
        """The page "Reconcile", before the admin's own addresses."""
        view = self.admin_site.admin_view(self.reconcile)
        return [path("reconcile/", view, name="practices_hold_reconcile"), *super().get_urls()]

    def reconcile(self, request: HttpRequest) -> HttpResponse:
        """What is due in each practice that Selfbook holds by itself, what had gone, and letting things leave."""
        if not self.has_release_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            self._act(request)
            return redirect("admin:practices_hold_reconcile")
        context = {
            **self.admin_site.each_context(request),
            "title": "Reconcile",
            "opts": self.opts,
            "shown": [_shown(hold) for hold in reconciling.held()],
        }
        return TemplateResponse(request, "admin/practices/hold/reconcile.html", context)

    def _act(self, request: HttpRequest) -> None:
        practice = get_object_or_404(Practice, pk=request.POST.get("practice"), holds__cause__in=holds.AUTOMATIC)
        if request.POST.get("act") != "release":
            hint("selfbook.reconcile", practice.id)
            messages.success(request, f"{practice}: finding out what went. Look at this page again in some minutes.")
            return
        try:
            reconciling.let_go(practice, by=cast(User, request.user))
        except reconciling.NotReconciled as why:
            messages.error(request, str(why))
        else:
            messages.success(request, f"{practice}: things may leave again.")


def _shown(hold: Hold) -> dict[str, Any]:
    """One practice as the page has it: what is due, and what was found out last, in counts."""
    assert hold.practice is not None
    last = AuditEvent.objects.filter(practice=hold.practice, action="hold.reconciled", at__gt=hold.since).first()
    counts = last.data if last else {}
    return {
        "hold": hold,
        "due": due.of(hold.practice),
        "last": last,
        "trouble": reconciling.describe_trouble(str(counts.get("trouble") or "")),
        "counts": [(counts[name], label) for name, label in reconciling.LABELS.items() if counts.get(name)],
    }
