"""The admin's pages for practices, staff and the audit trail."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import ReadOnlyPasswordHashField
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from practices import staff
from practices.audit_words import words
from practices.models import AuditEvent, AuditSeal, Membership, Practice, Role, User


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Rows that are looked at here, and changed by the service alone."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False


@admin.register(Practice)
class PracticeAdmin(admin.ModelAdmin[Practice]):
    """Practices."""

    list_display = ("name", "ods_code", "clinical_system", "phone", "second_person_over")
    list_filter = ("clinical_system",)
    search_fields = ("name", "ods_code")


class MembershipForms(forms.BaseInlineFormSet[Membership, User, forms.ModelForm[Membership]]):
    """Where somebody works, as an administrator changes it."""

    def clean(self) -> None:
        """A practice keeps a manager, here as on its own staff page."""
        super().clean()
        for form in self.initial_forms:
            before = Membership.objects.get(pk=form.instance.pk)
            gone = form in self.deleted_forms or form.cleaned_data.get("role") != Role.MANAGER
            if gone and staff.is_last_manager(before):
                raise ValidationError(f"{before.practice} needs a manager. Make somebody else a manager first.")


class MembershipInline(admin.TabularInline[Membership, User]):
    """Where a staff member works."""

    model = Membership
    formset = MembershipForms
    extra = 0


class StaffForm(forms.ModelForm[User]):
    """A user's own facts; the password has a page of its own."""

    password = ReadOnlyPasswordHashField(help_text="Change it with the form linked here.")

    class Meta:
        model = User
        fields: ClassVar = ["email", "given_name", "family_name", "password", "is_active", "is_staff", "is_superuser"]


@admin.register(User)
class StaffAdmin(UserAdmin[User]):
    """People who sign in."""

    form = StaffForm
    list_display = ("email", "given_name", "family_name", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "given_name", "family_name")
    ordering = ("family_name", "given_name")
    filter_horizontal = ()
    inlines = (MembershipInline,)
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        ("Person", {"fields": ("given_name", "family_name")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "given_name", "family_name", "usable_password", "password1", "password2")}),
    )


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """Who did what. Nothing here can be changed."""

    list_display = ("id", "at", "practice", "actor", "in_words", "object_id", "batch_id")
    list_filter = ("action", "practice")
    list_select_related = ("practice", "actor")
    search_fields = ("=object_id", "=batch_id", "actor__email", "=action")
    search_help_text = "An id, a person's email address, or an action as it is written, such as campaign.sent."
    date_hierarchy = "at"
    show_full_result_count = False
    fields = ("id", "at", "practice", "actor", "in_words", "action", "object_id", "batch_id", "patient_ids", "data")

    @admin.display(description="What", ordering="action")
    def in_words(self, event: AuditEvent) -> str:
        """The action in plain words."""
        return words(event.action)


@admin.register(AuditSeal)
class AuditSealAdmin(ReadOnlyAdmin):
    """The seals over the audit trail. `manage.py verify_audit` checks them."""

    list_display = ("number", "event_id", "sealed_at")
    search_fields = ("=event_id",)
    fields = ("number", "event_id", "sealed_at")
    show_full_result_count = False
