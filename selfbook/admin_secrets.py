"""Other packages' pages in the admin, without the secrets that theirs would show."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest

from practices.admin import ReadOnlyAdmin

_NEVER_SHOWN = ("SocialApp", "SocialToken", "SocialAccount")
"""django-allauth's keys, tokens and raw answers of other sign-in services."""


class SecondFactorAdmin(ReadOnlyAdmin):
    """Who has which second factor. One that is lost is deleted here; its secret is not shown."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    list_select_related = ("user",)
    search_fields = ("user__email", "user__family_name")
    date_hierarchy = "created_at"
    fields = list_display

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As for other rows: administrators may."""
        return admin.ModelAdmin.has_delete_permission(self, request, obj)


def hide_secrets(site: admin.AdminSite) -> None:
    """Swap or leave out those pages. Called once all packages have registered theirs."""
    if site.is_registered(Authenticator):
        site.unregister(Authenticator)
    site.register(Authenticator, SecondFactorAdmin)
    for model in apps.get_models():
        if model.__name__ in _NEVER_SHOWN and site.is_registered(model):
            site.unregister(model)
