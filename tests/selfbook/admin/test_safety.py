"""What the admin refuses and leaves out: plain addresses, wrong keys, secrets, and anything of a patient's."""

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.conf import settings as django_settings
from django.contrib import admin
from django.core import checks
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from booking.models import AppointmentReminder, AppointmentReport, Booking, Decline, ReportedReminder
from campaigns.models import MessageTemplate, Reminder
from integrations.models import ChannelConnection, ClinicalConnection, CodedEntry, Message
from patients.models import OptOut, Recipient
from practices.admin import ReadOnlyAdmin
from practices.models import AuditEvent, AuditSeal, User
from selfbook.settings.safety import key_faults
from tests.factories import make_coded_entry, make_invitation, make_message, make_practice

pytestmark = pytest.mark.django_db
HISTORY = [
    Message,
    CodedEntry,
    Booking,
    Decline,
    AppointmentReminder,
    ReportedReminder,
    AppointmentReport,
    Reminder,
    AuditEvent,
    AuditSeal,
]
PERSONAL = {"nhs_number", "mobile", "to", "date_of_birth", "given_name", "family_name", "body", "original"}
PLAIN = "http://example.nhs.uk/x"


def test_plain_addresses_are_refused_in_production(settings: Settings) -> None:
    practice = make_practice()
    clinical = ClinicalConnection(practice=practice, gp_connect_url=PLAIN, ssp_url=PLAIN, gateway_url=PLAIN.upper())
    channel = ChannelConnection(practice=practice, base_url=PLAIN)
    clinical.clean()
    channel.clean()
    settings.PRODUCTION = True
    with pytest.raises(ValidationError) as refused:
        clinical.clean()
    assert set(refused.value.message_dict) == {"gp_connect_url", "ssp_url", "gateway_url"}
    with pytest.raises(ValidationError, match="Begin the address with https://"):
        channel.clean()


def test_the_form_says_so(administrator: Client, settings: Settings) -> None:
    settings.PRODUCTION = True
    form = {"practice": str(make_practice().pk), "gp_connect_url": PLAIN, "gateway_url": "https://example.nhs.uk"}
    form |= {"asid_from": "1", "asid_to": "2", "gateway_token": "t"}
    page = administrator.post(reverse("admin:integrations_clinicalconnection_add"), form)
    assert "Begin the address with https://" in page.content.decode()
    assert not ClinicalConnection.objects.exists()


def test_a_wrong_key_is_found_at_start_and_not_repeated(settings: Settings) -> None:
    assert not [check for check in checks.run_checks() if check.id == "selfbook.E001"]
    settings.FIELD_ENCRYPTION_KEYS = [*django_settings.FIELD_ENCRYPTION_KEYS, "not-a-key"]
    (error,) = [check for check in checks.run_checks() if check.id == "selfbook.E001"]
    assert "key 2 is no Fernet key" in error.msg
    assert "not-a-key" not in error.msg
    assert key_faults(["not-a-key"])[0].startswith("FIELD_ENCRYPTION_KEYS: key 1")


@pytest.mark.parametrize("model", HISTORY, ids=lambda model: model.__name__)
def test_history_is_read_only(model: type[Message]) -> None:
    assert isinstance(admin.site._registry[model], ReadOnlyAdmin)


def test_patients_have_no_pages() -> None:
    for model in (Recipient, OptOut):
        assert not admin.site.is_registered(model)


def test_no_list_or_page_names_a_field_of_a_patients() -> None:
    for model, its in admin.site._registry.items():
        if model in (User, Authenticator, MessageTemplate):
            continue  # about staff, and words that were written to nobody yet
        for field_names in (its.list_display, its.search_fields, its.list_filter, its.fields or ()):
            named = {part for field in field_names if isinstance(field, str) for part in field.lstrip("=^").split("__")}
            assert not named & PERSONAL, (model, named)


def test_no_secret_of_another_package_is_shown(administrator: Client, boss: User) -> None:
    row = Authenticator.objects.create(user=boss, type=Authenticator.Type.TOTP, data={"secret": "hush-hush"})
    for page, arguments in (("changelist", []), ("change", [row.pk])):
        html = administrator.get(reverse(f"admin:mfa_authenticator_{page}", args=arguments)).content.decode()
        assert "hush-hush" not in html
    for model in apps.get_models():
        if model.__name__ in ("SocialApp", "SocialToken", "SocialAccount"):
            assert not admin.site.is_registered(model)


def test_a_search_finds_rows_by_id_and_nobody_by_number(administrator: Client) -> None:
    invitation = make_invitation()
    message = make_message(invitation)
    entry = make_coded_entry(invitation, message)
    number = invitation.recipient.nhs_number
    for row in (message, entry):
        address = reverse(f"admin:integrations_{row._meta.model_name}_changelist")
        assert str(row.pk) in administrator.get(address, {"q": str(row.pk)}).content.decode()
        assert str(row.pk) not in administrator.get(address, {"q": number}).content.decode()
