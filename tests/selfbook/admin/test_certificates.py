"""Certificates of GP Connect in the admin: entered, checked, kept secret, replaced, and warned of in time."""

from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from integrations.connections import clinical_connection
from integrations.models import ClinicalConnection
from integrations.sandbox.network.authority import Authority, Issued
from practices.models import Practice
from tests.factories import make_practice

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SPINE = Authority("Spine")
OURS, NEXT = SPINE.client(), SPINE.client()
LIST = "admin:integrations_clinicalconnection_changelist"


@pytest.fixture
def practice() -> Practice:
    return make_practice()


@pytest.fixture
def stored(practice: Practice) -> ClinicalConnection:
    return store(practice, OURS, SPINE.certificate)


def store(practice: Practice, client: Issued | None = None, spine_ca: str = "") -> ClinicalConnection:
    row = ClinicalConnection(
        practice=practice,
        gp_connect_url="https://gp.example.nhs.uk/x",
        asid_from="1",
        asid_to="2",
        client_certificate=client.certificate if client else "",
        client_key=client.key if client else "",
        spine_ca=spine_ca,
        gateway_url="https://gateway.example.nhs.uk",
        gateway_token="t",
    )
    row.save()
    return row


def address(row: ClinicalConnection | None) -> str:
    if row is None:
        return reverse("admin:integrations_clinicalconnection_add")
    return reverse("admin:integrations_clinicalconnection_change", args=[row.pk])


def save(client: Client, practice: Practice, row: ClinicalConnection | None = None, **fields: Any) -> str:
    """Post the form; the page that comes of it, which is that of the list when all is well."""
    form = {
        "practice": str(practice.pk),
        "gp_connect_url": "https://gp.example.nhs.uk/x",
        "asid_from": "1",
        "asid_to": "2",
        "gateway_url": "https://gateway.example.nhs.uk",
        "gateway_token": "t",
    }
    return client.post(address(row), form | fields, follow=True).content.decode()


def file(content: str | bytes, name: str = "a.pem") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode())


def now_stored(practice: Practice) -> tuple[str, str, str]:
    given = clinical_connection(practice).certificates
    return given.certificate.strip(), given.key.strip(), given.authority.strip()


def of(client: Issued, spine_ca: str = "") -> tuple[str, str, str]:
    return client.certificate.strip(), client.key.strip(), spine_ca.strip()


def test_they_go_in_and_never_come_out(administrator: Client, practice: Practice) -> None:
    entered: dict[str, Any] = {
        "client_certificate": OURS.certificate,
        "client_key": OURS.key,
        "spine_ca": SPINE.certificate,
    }
    save(administrator, practice, **entered)
    assert now_stored(practice) == of(OURS, SPINE.certificate)
    row = ClinicalConnection.objects.get()
    assert row.certificate_ends_at is not None
    assert row.spine_ca_ends_at is not None
    page = administrator.get(address(row)).content.decode()
    assert "The client certificate of GP Connect expires on" in page
    assert "BEGIN" not in page
    with connection.cursor() as cursor:
        cursor.execute("SELECT client_certificate || client_key || spine_ca FROM integrations_clinicalconnection")
        assert "BEGIN" not in cursor.fetchone()[0]
    assert "BEGIN" not in repr(clinical_connection(practice))


def test_files_may_be_chosen_instead_and_touch_no_disk(
    administrator: Client, practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("django.core.files.uploadhandler.TemporaryUploadedFile")
    binary = x509.load_pem_x509_certificate(OURS.certificate.encode()).public_bytes(Encoding.DER)
    save(
        administrator,
        practice,
        client_certificate_file=file(binary, "ours.cer"),
        client_key_file=file(OURS.key),
        spine_ca_file=file(SPINE.certificate),
    )
    assert now_stored(practice) == of(OURS, SPINE.certificate)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"client_certificate": "Hush", "client_key": OURS.key}, "This is not a certificate in PEM form"),
        ({"client_certificate": OURS.certificate, "client_key": NEXT.key}, "This key does not belong"),
        ({"client_certificate": OURS.certificate}, "Enter the key too"),
        ({"client_key": OURS.key}, "Enter the certificate too"),
        ({"spine_ca": "Hush"}, "This is not a certificate in PEM form"),
        ({"spine_ca_file": file(b"\x00\x01Hush")}, "neither a certificate nor a private key"),
        ({"spine_ca_file": file("x" * 300_000)}, "too large"),
        (
            {"client_certificate": OURS.certificate, "client_certificate_file": file(OURS.certificate)},
            "Paste it or choose its file, not both",
        ),
    ],
)
def test_what_cannot_be_used_is_not_stored(
    administrator: Client, practice: Practice, fields: dict[str, Any], words: str
) -> None:
    page = save(administrator, practice, **fields)
    assert words in page
    assert "BEGIN" not in page.replace("begins with -----BEGIN", "")
    assert "Hush" not in page
    assert not ClinicalConnection.objects.exists()


def test_what_is_left_empty_stays(administrator: Client, practice: Practice, stored: ClinicalConnection) -> None:
    save(administrator, practice, stored, asid_to="3")
    assert now_stored(practice) == of(OURS, SPINE.certificate)
    assert ClinicalConnection.objects.get().asid_to == "3"


@pytest.mark.parametrize(
    "fields",
    [
        {"client_certificate": NEXT.certificate, "client_key": NEXT.key},
        {"client_certificate": NEXT.certificate + NEXT.key},
        {"client_certificate_file": file(NEXT.key + NEXT.certificate)},
    ],
    ids=["two fields", "pasted in one", "one file"],
)
def test_a_new_one_takes_the_old_one_s_place(
    administrator: Client, practice: Practice, stored: ClinicalConnection, fields: dict[str, Any]
) -> None:
    for upload in fields.values():
        if isinstance(upload, SimpleUploadedFile):
            upload.seek(0)
    save(administrator, practice, stored, **fields)
    assert now_stored(practice) == of(NEXT, SPINE.certificate)


def test_a_new_certificate_needs_its_own_key(
    administrator: Client, practice: Practice, stored: ClinicalConnection
) -> None:
    assert "This key does not belong" in save(administrator, practice, stored, client_certificate=NEXT.certificate)
    assert now_stored(practice) == of(OURS, SPINE.certificate)


def test_they_can_be_removed(administrator: Client, practice: Practice, stored: ClinicalConnection) -> None:
    save(administrator, practice, stored, forget_certificate="on")
    assert now_stored(practice) == of(Issued("", ""), SPINE.certificate)
    save(administrator, practice, stored, forget_spine_ca="on")
    assert now_stored(practice) == ("", "", "")
    row = ClinicalConnection.objects.get()
    assert (row.certificate_ends_at, row.spine_ca_ends_at) == (None, None)


def test_an_address_may_be_changed_after_they_have_expired(administrator: Client, practice: Practice) -> None:
    row = store(practice, SPINE.client(lasts=-DAY))
    save(administrator, practice, row, asid_to="3")
    assert ClinicalConnection.objects.get().asid_to == "3"
    old = SPINE.client(lasts=-DAY)
    again = {"client_certificate": old.certificate, "client_key": old.key}
    assert "This certificate expired on" in save(administrator, practice, row, **again)


def test_the_database_keeps_no_half_of_a_pair(practice: Practice) -> None:
    with pytest.raises(IntegrityError, match="certificate_with_key"):
        store(practice, Issued(OURS.certificate, ""))


@pytest.mark.parametrize(
    ("lasts", "words"),
    [
        (61.5 * DAY, None),
        (60 * DAY, "in 60 days. Enter a new one with its key. Otherwise patients cannot book."),
        (30 * DAY, "in 30 days."),
        (7 * DAY, "in 7 days."),
        (DAY, "in 1 day."),
        (-DAY, "The client certificate of GP Connect expired on"),
    ],
)
def test_administrators_are_warned(
    administrator: Client, practice: Practice, lasts: timedelta, words: str | None
) -> None:
    row = store(practice, SPINE.client(lasts=lasts))
    for page in (address(row), reverse(LIST)):
        warnings = [str(message) for message in administrator.get(page).context["messages"]]
        assert len(warnings) == (words is not None)
        assert words is None or words in warnings[0]


def test_the_list_says_until_when_and_can_be_narrowed(administrator: Client, stored: ClinicalConnection) -> None:
    due = store(make_practice(), spine_ca=Authority("Soon", lasts=20 * DAY).certificate)
    page = administrator.get(reverse(LIST))
    text = page.content.decode()
    assert text.count("The client certificate of GP Connect expires on") == 1
    assert f"{due.practice}: A certificate of the Spine" in str(next(iter(page.context["messages"])))
    narrowed = administrator.get(reverse(LIST), {"certificates": "due"}).content.decode()
    assert str(due.practice.name) in narrowed
    assert "1 clinical connection" in narrowed


HERE = ["http://127.0.0.1:9000/x", "http://localhost:9000/x", "http://[::1]:9000/x"]
ELSEWHERE = ["http://localhost.evil.example/", "http://127.0.0.1@evil.example/", "http://0.0.0.0/", "http://10.0.0.1/"]


@pytest.mark.parametrize("url", HERE)
def test_a_sidecar_on_this_machine_is_called_in_plain_where_a_setting_says_so(
    practice: Practice, settings: Settings, url: str
) -> None:
    row = store(practice)
    row.gp_connect_url = row.ssp_url = url
    settings.PRODUCTION = True
    with pytest.raises(ValidationError, match="Begin the address with https://"):
        row.full_clean()
    settings.GP_CONNECT_SIDECAR = True
    row.full_clean()
    row.gateway_url = url
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    assert set(refused.value.message_dict) == {"gateway_url"}


@pytest.mark.parametrize("url", ELSEWHERE)
def test_nothing_else_is(practice: Practice, settings: Settings, url: str) -> None:
    row = store(practice)
    row.gp_connect_url = row.ssp_url = url
    settings.PRODUCTION = settings.GP_CONNECT_SIDECAR = True
    with pytest.raises(ValidationError) as refused:
        row.clean()
    assert set(refused.value.message_dict) == {"gp_connect_url", "ssp_url"}
    assert "an address of this machine" in str(refused.value)
