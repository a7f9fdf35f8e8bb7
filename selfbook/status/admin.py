"""The page "Status" of the admin: for administrators who may do all, since it names every practice."""

from typing import cast

from django.conf import settings
from django.contrib import admin
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.http import require_safe

from practices.models import User
from selfbook.status import services


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """How all stands now. Looking changes nothing."""
    if not cast(User, request.user).is_superuser:
        raise PermissionDenied
    context = {
        **admin.site.each_context(request),
        "title": "Status",
        "status": services.status(),
        "backup_file": settings.BACKUP_STAMP_FILE,
    }
    return TemplateResponse(request, "admin/status.html", context)


def add_to(site: AdminSite) -> None:
    """Give an admin site the page, before its own addresses: the last of those takes all that is left."""
    own = site.get_urls

    def urls() -> list[URLPattern | URLResolver]:
        return [path("status/", site.admin_view(page), name="status"), *own()]

    site.get_urls = urls  # type: ignore[method-assign] # Django has no other way without a site of one's own
