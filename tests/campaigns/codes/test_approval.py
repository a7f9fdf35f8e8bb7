"""A new or changed code waits for a second administrator, who approves it as they saw it (snomed-ct#second-person)."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.codes import services as codes
from campaigns.codes.services import CannotApprove
from campaigns.drafts import readiness, services
from campaigns.models import CodeKind, SnomedCode
from practices.models import AuditEvent, User
from tests.factories import make_campaign, make_code
from tests.html import Page

pytestmark = pytest.mark.django_db

LIST, ADD = reverse("admin:campaigns_snomedcode_changelist"), reverse("admin:campaigns_snomedcode_add")
FORM = {"concept_id": "22298006", "term": "Example invitation sent", "kind": "invitation", "active": "on"}


def administrator(name: str) -> User:
    return User.objects.create_superuser(
        f"{name}@example.org", "a made-up password", given_name=name, family_name="Min"
    )


@pytest.fixture
def first() -> User:
    return administrator("first")


@pytest.fixture
def second() -> User:
    return administrator("second")


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def added(by: User, **fields: Any) -> SnomedCode:
    values = {"concept_id": "22298006", "term": "Example invitation sent", "kind": CodeKind.INVITATION}
    code = SnomedCode(**values | fields)
    codes.write(code=code, by=by)
    return code


def approve(code: SnomedCode, by: User) -> SnomedCode:
    return codes.approve(code_id=code.pk, seen=codes.fingerprint(code), by=by)


def actions() -> list[str]:
    return list(AuditEvent.objects.order_by("id").values_list("action", flat=True))


def test_a_new_code_is_usable_once_somebody_else_has_approved_it(first: User, second: User) -> None:
    code = added(first)
    assert not code.is_usable
    with pytest.raises(CannotApprove, match="the code may not be approved") as refused:
        approve(code, first)
    assert "Somebody else must check it" in refused.value.reason
    assert not SnomedCode.objects.usable(CodeKind.INVITATION).exists()
    approved = approve(code, second)
    assert approved.is_usable
    assert (approved.proposed_by, approved.approved_by) == (first, second)
    assert approve(code, first).approved_by == second
    assert actions() == ["code.added", "code.approval_refused", "code.approved"]
    event = AuditEvent.objects.get(action="code.approved")
    assert event.actor == second
    assert event.data["concept_id"] == "22298006"
    assert (event.data["relation"], event.data["of"]) == ("another person", str(first.id))
    assert AuditEvent.objects.get(action="code.approval_refused").data["reason"] == "the same account"
    assert event.data["kind"] == "invitation"


@pytest.mark.parametrize(
    "change",
    [
        {"term": "Another invitation sent"},
        {"kind": CodeKind.DECLINE, "term": "Example declined"},
        {"emis_scheme": "READ2", "emis_code": "9N3G"},
    ],
)
def test_whatever_changes_its_meaning_takes_the_approval_away(
    first: User, second: User, change: dict[str, Any]
) -> None:
    code = approve(added(first), second)
    for name, value in change.items():
        setattr(code, name, value)
    codes.write(code=code, by=second)
    code.refresh_from_db()
    assert not code.is_usable
    assert (code.proposed_by, code.approved_by, code.approved_at) == (second, None, None)
    with pytest.raises(CannotApprove):
        approve(code, second)
    assert approve(code, first).is_usable


def test_a_products_own_code_that_is_changed_is_the_products_no_more(first: User) -> None:
    code = make_code(CodeKind.INVITATION)
    code.emis_code = "9N3H"
    codes.write(code=code, by=first)
    assert not SnomedCode.objects.usable(CodeKind.INVITATION).exists()


def test_switching_off_and_on_needs_nobody_else(first: User, second: User) -> None:
    code = approve(added(first), second)
    for active in (False, True, True):
        code.active = active
        codes.write(code=code, by=first)
        code.refresh_from_db()
        assert (code.is_approved, code.is_usable) == (True, active)
    assert actions() == ["code.added", "code.approved", "code.switched_off", "code.switched_on"]


def test_a_form_that_was_open_meanwhile_takes_no_approval_away(first: User, second: User) -> None:
    stale = added(first)
    approve(stale, second)
    stale.active = False
    codes.write(code=stale, by=first)
    assert SnomedCode.objects.get().approved_by == second


def test_what_is_approved_is_what_was_seen(first: User, second: User) -> None:
    code = added(first)
    seen = codes.fingerprint(code)
    code.term = "Another invitation sent"
    codes.write(code=code, by=first)
    with pytest.raises(CannotApprove) as refused:
        codes.approve(code_id=code.pk, seen=seen, by=second)
    assert "Look at it again" in refused.value.reason
    with pytest.raises(CannotApprove):
        codes.approve(code_id="24700007", seen=seen, by=second)


def test_a_code_of_which_nobody_knows_who_wrote_it_needs_two_people(first: User, second: User) -> None:
    code = make_code(CodeKind.INVITATION, approved_at=None)
    assert not approve(code, first).is_approved
    with pytest.raises(CannotApprove):
        approve(code, first)
    assert approve(code, second).is_usable


def test_what_never_goes_with_a_batch_is_not_approved_for_one(first: User, second: User) -> None:
    code = added(first, kind=CodeKind.GIVEN, term="Example given")
    with pytest.raises(CannotApprove) as refused:
        approve(code, second)
    assert "never goes with a batch" in refused.value.reason


def test_an_old_code_that_breaks_the_rules_is_not_approved(first: User, second: User) -> None:
    code = SnomedCode(concept_id="1303503001", term="RSV invitation", kind=CodeKind.INVITATION, proposed_by=first)
    SnomedCode.objects.bulk_create([code])
    with pytest.raises(CannotApprove) as refused:
        approve(code, second)
    assert "care was given" in refused.value.reason


@pytest.mark.parametrize("approver", ["first", "nobody"])
def test_the_database_knows_no_code_that_one_person_approved_alone(first: User, approver: str) -> None:
    code = added(first)
    by = first if approver == "first" else None
    with pytest.raises(IntegrityError), transaction.atomic():
        SnomedCode.objects.filter(pk=code.pk).update(approved_by=by, approved_at=timezone.now())
    code.approved_by, code.approved_at = first, timezone.now()
    with pytest.raises(ValidationError, match="cannot approve it"):
        code.save()


def test_a_batch_is_not_sent_with_a_code_that_nobody_has_approved(first: User, second: User) -> None:
    draft = make_campaign()
    code = draft.invitation_code
    assert code is not None
    code.term = "Our own words: message sent"
    codes.write(code=code, by=first)
    draft.refresh_from_db()
    with pytest.raises(readiness.CannotSend) as refused:
        services.start(campaign=draft, longest_name="Asha", by=draft.created_by)
    assert refused.value.reasons == [f"The code “{code.term}” may no longer be used here. Choose another."]
    approve(code, second)
    draft.refresh_from_db()
    assert services.start(campaign=draft, longest_name="Asha", by=draft.created_by).state != "draft"


# In the admin


def open_approval(client: Client, *picked: str) -> Any:
    return client.post(LIST, {"action": "approve", "_selected_action": picked})


def tick(client: Client, page: Page) -> Any:
    boxes = [box.get("value", "") for box in page.all("input") if box.get("name") == "checked"]
    picked = [box.get("value", "") for box in page.all("input") if box.get("name") == "_selected_action"]
    form = {"action": "approve", "confirm": "yes", "_selected_action": picked, "checked": boxes}
    return client.post(LIST, form, follow=True)


def test_the_whole_way_in_the_admin(first: User, second: User) -> None:
    wrote, checks = browser(first), browser(second)
    answer = wrote.post(ADD, FORM, follow=True)
    assert "22298006 is not approved" in answer.content.decode()
    own = Page(open_approval(wrote, "22298006").content.decode())
    assert "You wrote what 22298006 says. Somebody else must check it." in own.text
    assert not [box for box in own.all("input") if box.get("name") == "checked"]
    page = Page(open_approval(checks, "22298006").content.decode())
    for fact in ("22298006", "Example invitation sent", "Invitation", "first Min"):
        assert fact in page.text
    done = tick(checks, page)
    assert "22298006 is approved" in done.content.decode()
    assert SnomedCode.objects.get().is_usable
    assert "Written by first Min, approved by second Min" in done.content.decode()
    nothing = checks.post(LIST, {"action": "approve", "_selected_action": ["22298006"]}, follow=True)
    assert "None of the codes that you selected waits" in nothing.content.decode()


def test_the_admins_own_post_cannot_approve_what_one_wrote(first: User) -> None:
    code = added(first)
    client = browser(first)
    form = {
        "action": "approve",
        "confirm": "yes",
        "_selected_action": [code.pk],
        "checked": [f"{code.pk}:{codes.fingerprint(code)}", "nonsense"],
    }
    answer = client.post(LIST, form, follow=True)
    assert "Somebody else must check it" in answer.content.decode()
    assert not SnomedCode.objects.get().is_approved


def test_nothing_that_is_sent_with_the_form_approves_it(first: User) -> None:
    sent = {"approved_at_0": "2026-10-01", "approved_at_1": "09:00", "approved_by": str(first.pk), "proposed_by": ""}
    browser(first).post(ADD, FORM | sent)
    code = SnomedCode.objects.get()
    assert (code.is_approved, code.proposed_by) == (False, first)


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({"term": "RSV vaccine administration"}, "care was given or done"),
        ({"concept_id": "1303503001", "term": "RSV invitation"}, "make patients look as if they had had it"),
        ({"kind": "decline", "term": "Informed dissent"}, "changes what the practice is paid"),
        ({"kind": "decline", "term": "Example"}, "The term of a decline says so"),
        ({"kind": ""}, "This field is required"),
        ({"emis_code": "9N3G"}, "Give both the EMIS code and its scheme"),
    ],
)
def test_the_admin_says_why_a_code_is_refused(first: User, typed: dict[str, str], error: str) -> None:
    answer = browser(first).post(ADD, FORM | typed)
    assert error in Page(answer.content.decode()).text
    assert not SnomedCode.objects.exists()


def test_a_used_codes_kind_is_refused_in_words(first: User) -> None:
    code = make_campaign().invitation_code
    assert code is not None
    path = reverse("admin:campaigns_snomedcode_change", args=[code.pk])
    form = {"term": "Text declined", "kind": "decline", "emis_scheme": "READ2", "emis_code": "9N3G", "active": "on"}
    assert "Batches use this code as what it was" in browser(first).post(path, form).content.decode()


def test_the_list_can_be_narrowed_to_what_waits(first: User) -> None:
    added(first)
    make_code(CodeKind.DECLINE, approved_at=timezone.now() - timedelta(days=1))
    page = Page(browser(first).get(LIST + "?approved_at__isempty=1").content.decode())
    assert "Example invitation sent" in page.text
    assert "Seasonal influenza vaccination declined" not in page.text
