"""The admin's pages for templates and batches, and where all of this room's are registered."""

from typing import Any

from django import forms
from django.contrib import admin

from campaigns.codes.admin import SnomedCodeAdmin
from campaigns.messages import texts
from campaigns.models import Campaign, Invitation, MessageTemplate, Reminder, SnomedCode
from campaigns.wording.appointment_details import DETAILS, tidied
from integrations.messaging.nhs_notify import app_markdown
from integrations.messaging.text import clean
from practices.admin import ReadOnlyAdmin


class MessageTemplateForm(forms.ModelForm[MessageTemplate]):
    """A template must be a message that could be sent, and what it suggests must be fit for it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.fields.keys() & _CODES:
            self.fields[name].queryset = SnomedCode.objects.select_related("practice")  # type: ignore[attr-defined]
            self.fields[name].label_from_instance = _code_label  # type: ignore[attr-defined] # a choice of rows

    def clean_body(self) -> str:
        """Raises ValidationError with what staff would be told about the message."""
        body = clean(self.cleaned_data["body"]).text
        # Any practice may use it, also one whose messages go into the NHS App first.
        if reasons := texts.reasons_against(body) + app_markdown.reasons_against(body):
            raise forms.ValidationError(reasons)
        return body

    def clean(self) -> dict[str, Any]:
        """The details as the practice's own pages keep them; a shared template suggests everybody's codes alone."""
        values = super().clean() or {}
        for name in _CODES:
            code, practice = values.get(name), values.get("practice")
            if code and code.practice_id and (practice is None or code.practice_id != practice.pk):
                self.add_error(name, f"Only {code.practice} may use this code.")
        for name in {*DETAILS} & {*values}:
            try:
                values[name] = tidied(name, values[name])
            except forms.ValidationError as error:
                self.add_error(name, error)
        return values


_CODES = {"invitation_code", "decline_code"}


def _code_label(code: SnomedCode) -> str:
    return f"{code.term} ({code.concept_id})" + (f", only {code.practice}" if code.practice else "")


@admin.register(MessageTemplate)
class MessageTemplateAdmin(admin.ModelAdmin[MessageTemplate]):
    """Message templates: shared ones have no practice."""

    form = MessageTemplateForm
    list_display = ("name", "appointment_name", "practice")
    list_filter = ("practice",)
    search_fields = ("name", "body")
    list_select_related = ("practice",)


admin.site.register(SnomedCode, SnomedCodeAdmin)


@admin.register(Campaign)
class CampaignAdmin(ReadOnlyAdmin):
    """Batches with their appointment, state and who did what when; nothing of their patients."""

    list_display = ("id", "practice", "slot_type", "state", "created_by", "started_at")
    list_filter = ("state", "practice")
    fields = (
        ("practice", "slot_type", "state"),
        ("created_by", "created_at"),
        ("asked_by", "asked_at"),
        ("approved_by", "approved_at"),
        ("started_by", "started_at"),
        ("appointment_name", "with_whom", "how_long"),
        ("what_to_bring", "what_to_do_before"),
    )
    search_fields = ("=id", "slot_type", "practice__name", "practice__ods_code")
    search_help_text = "A batch's id, a slot type, or a practice's name or ODS code."
    date_hierarchy = "created_at"
    list_select_related = ("practice", "created_by")


@admin.register(Reminder)
class ReminderAdmin(ReadOnlyAdmin):
    """Reminders of whole batches: those that staff asked for, and those that a batch sends by itself."""

    list_display = ("id", "campaign_id", "number", "automatic", "patients", "asked_at", "written_at")
    fields = (
        "campaign",
        "number",
        "automatic",
        "day",
        "asked_by",
        "asked_at",
        "patients",
        "book_unreadable",
        "written_at",
    )
    search_fields = ("=id", "=campaign__id")
    search_help_text = "A reminder's or a batch's id."
    list_select_related = ("campaign", "asked_by")


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """Invitations, without whose they are."""

    list_display = ("id", "practice", "state", "expires_at", "opened_at", "locked_at")
    list_filter = ("state", "practice")
    fields = ("practice", "campaign", "state", "expires_at", "opened_at", "locked_at", "date_of_birth_failures")
    search_fields = ("=id", "=campaign__id")
    search_help_text = "An invitation's or a batch's id."
    list_select_related = ("practice",)
    show_full_result_count = False
