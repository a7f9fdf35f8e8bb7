"""The admin's pages for templates, codes and batches."""

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from campaigns import texts
from campaigns.models import Campaign, Invitation, MessageTemplate, SnomedCode
from integrations.messaging.text import clean
from practices.admin import ReadOnlyAdmin


class MessageTemplateForm(forms.ModelForm[MessageTemplate]):
    """A template must be a message that could be sent."""

    def clean_body(self) -> str:
        """Raises ValidationError with what staff would be told about the message."""
        body = clean(self.cleaned_data["body"]).text
        if faults := texts.faults(body):
            raise forms.ValidationError(faults)
        return body


@admin.register(MessageTemplate)
class MessageTemplateAdmin(admin.ModelAdmin[MessageTemplate]):
    """Message templates: shared ones have no practice."""

    form = MessageTemplateForm
    list_display = ("name", "practice")
    list_filter = ("practice",)
    search_fields = ("name", "body")


@admin.register(SnomedCode)
class SnomedCodeAdmin(admin.ModelAdmin[SnomedCode]):
    """SNOMED CT codes that staff may choose."""

    list_display = ("term", "concept_id", "kind", "emis_scheme", "emis_code", "active")
    list_filter = ("kind", "active")
    search_fields = ("term", "concept_id")

    def get_readonly_fields(self, request: HttpRequest, obj: SnomedCode | None = None) -> list[str]:
        """The id of a code that is there already names it: add another instead."""
        return ["concept_id"] if obj else []


@admin.register(Campaign)
class CampaignAdmin(ReadOnlyAdmin):
    """Batches."""

    list_display = ("id", "practice", "slot_type", "state", "created_by", "started_at")
    list_filter = ("state", "practice")
    fields = ("practice", "slot_type", "state", "created_by", "created_at", "started_by", "started_at")


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """Invitations, without whose they are."""

    list_display = ("id", "practice", "state", "expires_at", "opened_at", "locked_at")
    list_filter = ("state", "practice")
    fields = ("practice", "campaign", "state", "expires_at", "opened_at", "locked_at", "date_of_birth_failures")
