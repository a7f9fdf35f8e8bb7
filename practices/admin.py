"""The admin's pages for practices, staff and the audit trail."""

from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import ReadOnlyPasswordHashField
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from practices.audit.labels import describe
from practices.models import AuditEvent, AuditSeal, Membership, Practice, Role, User
from practices.models.accounts import AccountTie
from practices.staff import second_persons
from practices.staff import services as staff


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Rows that are looked at here, and changed by the service alone."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never, for superusers neither: the service alone makes these rows."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never, for superusers neither: the service alone changes these rows."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never, for superusers neither: these rows are a record."""
        return False


@admin.register(Practice)
class PracticeAdmin(admin.ModelAdmin[Practice]):
    """Practices with their clinical system and the batch size that needs a second person."""

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
    """The accounts of staff and administrators, with the practices where they work."""

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

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool) -> None:
        """Save it, and note who added a new account: it may be a second one of theirs."""
        super().save_model(request, obj, form, change)
        if not change:
            second_persons.made(account=obj, by=cast(User, request.user))


@admin.register(AccountTie)
class AccountTieAdmin(ReadOnlyAdmin):
    """Accounts that came from one another, and so may be one person's."""

    list_display = ("account", "kind", "tied_to", "created_at", "two_people_by")
    list_filter = ("kind", ("two_people_by", admin.EmptyFieldListFilter))
    list_select_related = ("account", "tied_to", "two_people_by")
    search_fields = ("account__email", "tied_to__email")
    search_help_text = "An account's email address."
    fields = ("account", "kind", "tied_to", "created_at", ("two_people_by", "two_people_at"))
    actions = ("say_two_people",)

    def has_two_people_permission(self, request: HttpRequest) -> bool:
        """For administrators who may do all."""
        return cast(User, request.user).is_superuser

    @admin.action(description="These are two people: I know both", permissions=["two_people"])
    def say_two_people(self, request: HttpRequest, queryset: QuerySet[AccountTie]) -> None:
        """Let the two accounts check each other's work from now on."""
        for tie in queryset:
            try:
                second_persons.say_two_people(tie=tie, by=cast(User, request.user))
            except second_persons.NoThirdPerson:
                messages.error(request, f"You are one of the two, or seem to be: {tie.account} and {tie.tied_to}.")
            else:
                messages.success(request, f"{tie.account} and {tie.tied_to} count as two people now.")


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
        return describe(event.action)


@admin.register(AuditSeal)
class AuditSealAdmin(ReadOnlyAdmin):
    """The seals over the audit trail. `manage.py verify_audit` checks them."""

    list_display = ("number", "event_id", "sealed_at")
    search_fields = ("=event_id",)
    fields = ("number", "event_id", "sealed_at")
    show_full_result_count = False
