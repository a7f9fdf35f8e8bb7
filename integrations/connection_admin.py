"""What the admin's pages of connections have in common: the button that tries one, and warnings at the top."""

from datetime import timedelta
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_POST

from integrations import certificate_expiry
from integrations.connection_tests import Result
from integrations.models import ClinicalConnection
from practices.audit import trail as audit
from practices.models import AuditEvent, Practice, User

PAUSE = timedelta(seconds=10)
"""Between two tests of a practice's connections: a button held down must not become a flood elsewhere."""


class CertificateFilter(admin.SimpleListFilter):
    """Connections whose certificates run out soon, or have."""

    title = "certificates"
    parameter_name = "certificates"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The one choice there is beside all."""
        return [("due", f"Expire within {certificate_expiry.FIRST.days} days, or have")]

    def queryset(self, request: HttpRequest, rows: QuerySet[ClinicalConnection]) -> QuerySet[ClinicalConnection]:
        """The chosen ones."""
        return certificate_expiry.due(rows) if self.value() == "due" else rows


class TestedConnectionAdmin(admin.ModelAdmin[Any]):
    """A connection with a button that calls it, as it is stored, and says what answered."""

    change_form_template = "admin/integrations/connection_form.html"

    def warnings(self, shown: QuerySet[Any]) -> list[str]:
        """What an administrator must know of these connections, for the top of the list and of a connection's page."""
        return []

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with the warnings of all connections on top."""
        if request.method == "GET":
            self._show_warnings(request, self.get_queryset(request))
        return super().changelist_view(request, extra_context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A connection's page, with its warnings on top."""
        if request.method == "GET":
            self._show_warnings(request, self.get_queryset(request).filter(pk=object_id))
        return super().change_view(request, object_id, form_url, extra_context)

    def _show_warnings(self, request: HttpRequest, shown: QuerySet[Any]) -> None:
        for warning in self.warnings(shown):
            messages.warning(request, warning)

    def test(self, practice: Practice, by: User) -> list[Result]:
        """Call it, and say what became of each of its parts. Each kind of connection has its own."""
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        """The address of the button, before the ones of the admin's own."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_test"
        view = self.admin_site.admin_view(require_POST(self.try_it))
        return [path("<path:object_id>/test/", view, name=name), *super().get_urls()]

    def try_it(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Call it, and go back to its page with what answered."""
        stored = get_object_or_404(self.get_queryset(request).select_related("practice"), pk=object_id)
        if not self.has_change_permission(request, stored):
            raise PermissionDenied
        back = redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", object_id)
        by, practice = cast(User, request.user), stored.practice
        if not self._may_begin(practice, by):
            messages.warning(request, f"It was tested a moment ago. Wait {PAUSE.seconds} seconds, then test again.")
            return back
        results = self.test(practice, by)
        answers = {result.part: result.code for result in results}
        audit.record("connection.answered", practice=practice, actor=by, object_id=practice.id, answers=answers)
        for result in results:
            level = messages.SUCCESS if result.is_ok else messages.ERROR
            messages.add_message(request, level, f"{result.part}: {result.words}")
        return back

    def _may_begin(self, practice: Practice, by: User) -> bool:
        """Note the test unless there was one just now; the practice's row keeps two clicks apart. Then it is free."""
        with transaction.atomic():
            Practice.objects.select_for_update(no_key=True).get(id=practice.id)
            kind = self.opts.model_name
            before = AuditEvent.objects.filter(
                practice=practice, action="connection.tested", data__kind=kind, at__gt=timezone.now() - PAUSE
            )
            if before.exists():
                return False
            audit.record("connection.tested", practice=practice, actor=by, object_id=practice.id, kind=kind)
        return True
