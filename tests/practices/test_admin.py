"""The admin: everything an administrator keeps can be listed and edited there, and secrets never come out."""

from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from campaigns.models import CodeKind, MessageTemplate, SnomedCode
from integrations.models import ChannelConnection, ClinicalConnection
from practices.admin import ReadOnlyAdmin
from practices.models import AuditEvent, Membership, Practice, Role, User
from tests.factories import (
    make_campaign,
    make_code,
    make_coded_entry,
    make_invitation,
    make_message,
    make_practice,
    make_staff,
)
from tests.html import Page

pytestmark = pytest.mark.django_db

PASSWORD = "a long made-up password"
TOKEN, AUTH = "gateway-secret-8c1f", "twilio-secret-77aa"
OURS = [
    model for model in admin.site._registry if model._meta.app_label not in {"auth", "account", "mfa", "socialaccount"}
]


@pytest.fixture
def administrator(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("admin@example.org", PASSWORD, given_name="Ad", family_name="Min"))
    return client


@pytest.fixture
def clinical(db: None) -> ClinicalConnection:
    return ClinicalConnection.objects.create(
        practice=make_practice(),
        gp_connect_url="https://gp.example.nhs.uk/x",
        asid_from="200000000111",
        asid_to="200000000999",
        gateway_url="https://gateway.example.nhs.uk",
        gateway_token=TOKEN,
    )


@pytest.fixture
def channel(db: None) -> ChannelConnection:
    return ChannelConnection.objects.create(
        practice=make_practice(), account_sid="AC" + "0" * 32, auth_token=AUTH, sender="+447700900000"
    )


def address(of: type[Model] | Model, page: str) -> str:
    arguments = [of.pk] if isinstance(of, Model) else []
    return reverse(f"admin:{of._meta.app_label}_{of._meta.model_name}_{page}", args=arguments)


def form_of(response: Any) -> dict[str, str]:
    """What the browser would send back if nothing was typed."""
    page = Page(response.content.decode())
    form = next(form for form in page.all("form") if form.get("id", "").endswith("_form"))
    values: dict[str, str] = {}
    for field in form.iter():
        name = field.get("name", "")
        if field.tag == "input" and field.get("type") not in {"submit", "checkbox"}:
            values[name] = field.get("value", "")
        elif field.tag == "input" and field.get("type") == "checkbox" and "checked" in field.attrib:
            values[name] = "on"
        elif field.tag == "textarea":
            values[name] = "".join(field.itertext()).removeprefix("\n")
        elif field.tag == "select":
            values[name] = next((o.get("value", "") for o in field.iter("option") if "selected" in o.attrib), "")
    return values


def change(client: Client, row: Model, **typed: str) -> None:
    """Open a row's page, type, and save."""
    path = address(row, "change")
    response = client.post(path, form_of(client.get(path)) | typed)
    assert response.status_code == 302, Page(response.content.decode()).with_class("errornote")
    row.refresh_from_db()


def rows() -> list[Model]:
    """One row of everything."""
    batch = make_campaign(started=True)
    invitation = make_invitation(batch)
    message = make_message(invitation)
    template = MessageTemplate.objects.create(name="Flu", body="{link}")
    event = AuditEvent.objects.create(practice=batch.practice, actor=batch.created_by, action="campaign.sent")
    code = make_code(CodeKind.INVITATION)
    entry = make_coded_entry(invitation, message)
    assert batch.patient_list is not None
    return [batch, invitation, message, template, event, code, entry, batch.practice, batch.created_by]


def test_every_page_of_every_model_loads(
    administrator: Client, clinical: ClinicalConnection, channel: ChannelConnection
) -> None:
    made = [*rows(), clinical, channel]
    for model in OURS:
        assert administrator.get(address(model, "changelist")).status_code == 200, model
        assert administrator.get(address(model, "changelist") + "?q=x").status_code == 200, model
        may_add = not isinstance(admin.site._registry[model], ReadOnlyAdmin)
        assert (administrator.get(address(model, "add")).status_code == 200) is may_add, model
    for row in made:
        assert administrator.get(address(row, "change")).status_code == 200, row
    assert {type(row) for row in made} >= {Practice, User, MessageTemplate, SnomedCode, ClinicalConnection}


def test_no_page_names_a_patient(administrator: Client) -> None:
    made = rows()
    recipient = next(row for row in made if row._meta.model_name == "invitation").recipient  # type: ignore[attr-defined] # an invitation
    for row in made:
        for path in (address(row, "change"), address(type(row), "changelist")):
            html = administrator.get(path).content.decode()
            for personal in (recipient.nhs_number, recipient.mobile, recipient.family_name, "1958", "Dear Asha"):
                assert personal not in html, path


@pytest.mark.parametrize("name", ["campaign", "invitation", "message", "codedentry", "auditevent"])
def test_what_the_service_keeps_is_only_looked_at(administrator: Client, name: str) -> None:
    row = next(row for row in rows() if row._meta.model_name == name)
    assert administrator.post(address(row, "change"), {}).status_code == 403
    assert administrator.post(address(row, "delete"), {"post": "yes"}).status_code == 403
    assert administrator.post(address(type(row), "add"), {}).status_code == 403


def test_a_practice_is_added_and_changed(administrator: Client) -> None:
    form = {"name": "Example Surgery", "ods_code": "A00099", "phone": "01632 960000", "clinical_system": "systmone"}
    form["retention_days"] = "90"
    assert administrator.post(address(Practice, "add"), form).status_code == 302
    practice = Practice.objects.get(ods_code="A00099")
    change(administrator, practice, phone="01632 960999")
    assert practice.phone == "01632 960999"


def test_a_staff_member_is_added_placed_and_can_sign_in(administrator: Client) -> None:
    practice = make_practice()
    person = {"email": "Grace@Example.org", "given_name": "Grace", "family_name": "Obi", "usable_password": "true"}
    passwords = {"password1": "correct horse battery staple", "password2": "correct horse battery staple"}
    inline = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    response = administrator.post(address(User, "add"), person | passwords | inline)
    assert response.status_code == 302, Page(response.content.decode()).text
    grace = User.objects.get(given_name="Grace")
    place = {
        "memberships-TOTAL_FORMS": "1",
        "memberships-0-practice": str(practice.pk),
        "memberships-0-role": "manager",
    }
    change(administrator, grace, **place)
    assert Membership.objects.get(user=grace).practice == practice
    browser = Client()
    log_in = {"login": "grace@example.org", "password": "correct horse battery staple"}
    assert browser.post(reverse("account_login"), log_in).headers.get("Location") == reverse("campaigns:home")
    assert browser.get(reverse("campaigns:home")).status_code == 200


def test_a_person_is_switched_off(administrator: Client) -> None:
    staff = make_staff(make_practice())
    path = address(staff, "change")
    form = form_of(administrator.get(path))
    del form["is_active"]
    assert administrator.post(path, form).status_code == 302
    staff.refresh_from_db()
    assert not staff.is_active


def test_passwords_are_not_shown(administrator: Client) -> None:
    staff = make_staff(make_practice())
    html = administrator.get(address(staff, "change")).content.decode()
    assert PASSWORD not in html
    assert staff.password not in html
    assert staff.password.split("$")[-1] not in html


def test_a_template_is_added_and_changed(administrator: Client) -> None:
    form = {"name": "Flu", "body": "Book: {link}", "decline_message": "", "practice": ""}
    assert administrator.post(address(MessageTemplate, "add"), form).status_code == 302
    template = MessageTemplate.objects.get()
    change(administrator, template, body="Book now: {link}")
    assert template.body == "Book now: {link}"


def test_a_template_that_could_not_be_sent_is_refused(administrator: Client) -> None:
    form = {"name": "Flu", "body": "Book your flu vaccination.", "decline_message": "", "practice": ""}
    page = administrator.post(address(MessageTemplate, "add"), form)
    assert page.status_code == 200
    assert "Add {link}" in page.content.decode()
    assert not MessageTemplate.objects.exists()


def test_a_code_is_added_and_changed_but_keeps_its_id(administrator: Client) -> None:
    form = {"concept_id": "22298006", "term": "Example declined", "kind": "decline", "active": "on"}
    assert administrator.post(address(SnomedCode, "add"), form).status_code == 302
    code = SnomedCode.objects.get()
    change(administrator, code, term="Example refused", concept_id="24700007")
    assert (code.concept_id, code.term) == ("22298006", "Example refused")


@pytest.mark.parametrize(
    ("concept", "error"),
    [
        ("24700008", "The check digit is wrong"),
        ("1240781000000100", "The check digit is wrong"),
        ("1149291000000110", "a description or a relationship"),
        ("022298006", "does not start with 0"),
        ("12345", "6 to 18 digits"),
    ],
)
def test_an_id_that_is_no_concepts_is_refused(administrator: Client, concept: str, error: str) -> None:
    form = {"concept_id": concept, "term": "Example declined", "kind": "decline", "active": "on"}
    response = administrator.post(address(SnomedCode, "add"), form)
    assert error in response.content.decode()
    assert not SnomedCode.objects.exists()


# Connections and their secrets


def test_connections_load_and_save_and_keep_their_secrets(
    administrator: Client, clinical: ClinicalConnection, channel: ChannelConnection
) -> None:
    change(administrator, clinical, asid_to="200000000998")
    change(administrator, channel, sender="ExampleGP")
    assert (clinical.asid_to, clinical.gateway_token) == ("200000000998", TOKEN)
    assert (channel.sender, channel.auth_token) == ("ExampleGP", AUTH)


def test_a_secret_is_replaced_by_typing_another(
    administrator: Client, clinical: ClinicalConnection, channel: ChannelConnection
) -> None:
    change(administrator, clinical, gateway_token="another-token")
    change(administrator, channel, auth_token="another-auth")
    assert (clinical.gateway_token, channel.auth_token) == ("another-token", "another-auth")


def test_signing_keys_are_typed_kept_and_forgotten(administrator: Client, channel: ChannelConnection) -> None:
    change(administrator, channel, signing_keys=" first-key \n\nsecond-key")
    assert channel.signing_keys.split() == ["first-key", "second-key"]
    change(administrator, channel, sender="ExampleGP")
    assert channel.signing_keys.split() == ["first-key", "second-key"]
    page = administrator.get(address(channel, "change")).content.decode()
    assert "first-key" not in page
    form = {"signing_keys": "key: third-key", "forget_signing_keys": "on"}
    assert "Type one secret on each line" in administrator.post(address(channel, "change"), form).content.decode()
    change(administrator, channel, forget_signing_keys="on")
    assert channel.signing_keys == ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT signing_keys FROM integrations_channelconnection")
        assert cursor.fetchone() == ("",)


def test_secrets_are_in_no_page(
    administrator: Client, clinical: ClinicalConnection, channel: ChannelConnection
) -> None:
    change(administrator, clinical, gateway_token=TOKEN)
    change(administrator, channel, auth_token=AUTH)
    for row in (clinical, channel):
        broken = administrator.post(
            address(row, "change"), {"gateway_token": TOKEN, "auth_token": AUTH, "sender": "", "asid_to": ""}
        )
        pages = [administrator.get(address(row, page)) for page in ("change", "history", "delete")]
        for response in (broken, *pages, administrator.get(address(type(row), "changelist"))):
            assert response.status_code == 200
            html = response.content.decode()
            assert TOKEN not in html
            assert AUTH not in html


def test_a_new_connection_needs_its_secret(administrator: Client) -> None:
    form = {"practice": str(make_practice().pk), "provider": "twilio", "account_sid": "AC" + "1" * 32}
    form |= {"sender": "ExampleGP", "base_url": ""}
    response = administrator.post(address(ChannelConnection, "add"), form)
    assert "Type the secret: none is stored yet." in response.content.decode()
    assert administrator.post(address(ChannelConnection, "add"), form | {"auth_token": AUTH}).status_code == 302
    assert ChannelConnection.objects.get().auth_token == AUTH


def test_secrets_are_encrypted_at_rest(clinical: ClinicalConnection, channel: ChannelConnection) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT gateway_token FROM integrations_clinicalconnection")
        (token,) = cursor.fetchone()
        cursor.execute("SELECT auth_token FROM integrations_channelconnection")
        (auth,) = cursor.fetchone()
    assert TOKEN not in token
    assert AUTH not in auth
    clinical.refresh_from_db()
    assert clinical.gateway_token == TOKEN


@pytest.mark.parametrize("person", ["nobody", "staff"])
def test_the_admin_is_for_administrators(client: Client, person: str) -> None:
    if person == "staff":
        client.force_login(make_staff(make_practice()))
    for model in OURS:
        response = client.get(address(model, "changelist"))
        assert response.status_code == 302
        assert response.headers["Location"].startswith(reverse("admin:login"))


def test_a_practice_keeps_a_manager_here_too(administrator: Client) -> None:
    manager = make_staff(make_practice(), Role.MANAGER)
    place = manager.memberships.get()
    path = reverse("admin:practices_user_change", args=[manager.id])
    data = {
        "email": manager.email,
        "given_name": "Ada",
        "family_name": "Okafor",
        "is_active": "on",
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "1",
        "memberships-0-id": place.pk,
        "memberships-0-user": str(manager.id),
        "memberships-0-practice": str(place.practice_id),
        "memberships-0-role": "viewer",
    }
    assert "needs a manager" in administrator.post(path, data).content.decode()
    assert administrator.post(path, data | {"memberships-0-role": "manager"}).status_code == 302
    make_staff(place.practice, Role.MANAGER)
    assert administrator.post(path, data | {"memberships-0-DELETE": "on"}).status_code == 302
    assert not manager.memberships.exists()
