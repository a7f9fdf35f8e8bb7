"""An administrator makes a practice's own code everybody's, and takes that back; and the admin's queue."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.codes import services as codes
from campaigns.codes import sharing
from campaigns.codes.services import CannotApprove
from campaigns.models import CodeKind, MessageTemplate, SnomedCode
from practices.models import AuditEvent, User
from tests.campaigns.own_codes import CONCEPT, TERM, Surgery, approve, load_release
from tests.factories import make_staff
from tests.html import Page

pytestmark = pytest.mark.django_db

LIST = reverse("admin:campaigns_snomedcode_changelist")


def share(code: SnomedCode, by: User) -> SnomedCode:
    return sharing.share(code_id=code.pk, seen=codes.fingerprint(code), by=by)


def usable(surgery: Surgery) -> set[str]:
    return set(SnomedCode.objects.usable(CodeKind.INVITATION, surgery.practice).values_list("pk", flat=True))


@pytest.fixture
def code(ours: Surgery) -> SnomedCode:
    load_release()
    return ours.has()


def test_what_is_shared_is_a_copy_and_can_be_taken_back(
    ours: Surgery, theirs: Surgery, administrator: User, code: SnomedCode
) -> None:
    copy = share(code, administrator)
    assert (copy.pk, copy.practice, copy.shared_from, copy.term) == (CONCEPT, None, code, TERM)
    assert (copy.proposed_by, copy.approved_by) == (ours.sender, administrator)
    assert (usable(ours), usable(theirs)) == ({code.pk, CONCEPT}, {CONCEPT})
    event = AuditEvent.objects.get(action="code.shared")
    assert (event.actor, event.practice, event.data["relation"]) == (administrator, ours.practice, "another person")
    assert sharing.stop_sharing(code_id=copy.pk, by=administrator)
    assert not sharing.stop_sharing(code_id=copy.pk, by=administrator)
    assert not sharing.stop_sharing(code_id=code.pk, by=administrator)
    assert (usable(ours), usable(theirs)) == ({code.pk}, set())
    assert AuditEvent.objects.filter(action="code.not_shared").count() == 1
    code.emis_scheme, code.emis_code = "READ2", "9N3G"
    codes.write(code=code, by=ours.sender)
    approve(code, ours.manager)
    assert share(code, administrator).emis_code == "9N3G"
    assert usable(theirs) == {CONCEPT}


def test_who_and_what_may_be_shared(ours: Surgery, theirs: Surgery, administrator: User, code: SnomedCode) -> None:
    def why(shared: SnomedCode, by: User) -> str:
        with pytest.raises(CannotApprove) as refusal:
            share(shared, by)
        return refusal.value.reason

    assert why(code, ours.manager) == "Only an administrator can share a code."
    User.objects.filter(pk=ours.sender.pk).update(is_staff=True)
    assert "it is the same account" in why(code, User.objects.get(pk=ours.sender.pk))
    twin = make_staff(ours.practice, is_staff=True, email=ours.sender.email.replace("@", "+x@"))
    assert "they share an address" in why(code, twin)
    assert "not ready to use" in why(theirs.asks(), administrator)
    with pytest.raises(CannotApprove, match="may not be approved"):
        sharing.share(code_id=code.pk, seen="something else", by=administrator)
    copy = share(code, administrator)
    assert "for all practices already" in why(copy, administrator)
    assert f"All practices have {CONCEPT} already" in why(code, administrator)
    reasons = AuditEvent.objects.filter(action="code.sharing_refused").values_list("data__reason", flat=True)
    assert {"not for this role", "the same account", "an address in common"} <= set(reasons)


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def tick(client: Client, page: Page, action: str) -> str:
    boxes = [box.get("value", "") for box in page.all("input") if box.get("name") == "checked"]
    picked = [box.get("value", "") for box in page.all("input") if box.get("name") == "_selected_action"]
    form = {"action": action, "confirm": "yes", "_selected_action": picked, "checked": boxes}
    return Page(client.post(LIST, form, follow=True).content.decode()).text


def test_the_whole_way_in_the_admin(ours: Surgery, theirs: Surgery, administrator: User) -> None:
    client, code = browser(administrator), ours.asks()

    def page(path: str) -> str:
        return Page(client.get(LIST + path).content.decode()).text

    assert "Only Example Surgery" in page("?waiting=administrator&whose=own")
    assert TERM not in page("?waiting=practice")
    assert TERM not in page("?whose=all")
    asked = Page(client.post(LIST, {"action": "approve", "_selected_action": [code.pk]}).content.decode())
    assert "For: Example Surgery" in asked.text
    assert f"{CONCEPT} is approved. Staff of Example Surgery can choose it." in tick(client, asked, "approve")
    asked = Page(client.post(LIST, {"action": "share", "_selected_action": [code.pk]}).content.decode())
    assert "Staff of all practices can choose these codes" in asked.text
    assert f"{CONCEPT} is shared" in tick(client, asked, "share")
    assert usable(theirs) == {CONCEPT}
    assert "All practices, shared by Example Surgery" in page("?whose=all")
    done = client.post(LIST, {"action": "stop_sharing", "_selected_action": [CONCEPT]}, follow=True)
    assert f"{CONCEPT} is not shared any more" in Page(done.content.decode()).text
    assert usable(theirs) == set()


def test_with_a_release_it_waits_for_the_manager(ours: Surgery, administrator: User) -> None:
    load_release()
    ours.asks()
    content = browser(administrator).get(LIST + "?waiting=practice").content.decode()
    assert "a manager there must" in Page(content).text
    nothing = browser(administrator).post(LIST, {"action": "share", "_selected_action": ["x"]}, follow=True)
    assert nothing.status_code == 200


def test_an_administrator_switches_a_practices_code_off_and_changes_none_of_its_words(
    ours: Surgery, administrator: User, code: SnomedCode
) -> None:
    path = reverse("admin:campaigns_snomedcode_change", args=[code.pk])
    form = {"term": "Another invitation", "kind": "decline", "emis_code": "9ZZZ", "emis_scheme": "READ2"}
    assert browser(administrator).post(path, form).status_code == 302
    code.refresh_from_db()
    assert (code.term, code.kind, code.emis_code) == (TERM, "invitation", "")
    assert (code.active, code.is_approved) == (False, True)
    assert AuditEvent.objects.get(action="code.switched_off").practice == ours.practice


def test_an_id_that_everybody_has_is_refused_in_words(administrator: User) -> None:
    form = {"concept_id": CONCEPT, "term": TERM, "kind": "invitation", "active": "on"}
    client, path = browser(administrator), reverse("admin:campaigns_snomedcode_add")
    assert client.post(path, form).status_code == 302
    assert "All practices have this code already" in client.post(path, form).content.decode()
    assert SnomedCode.objects.get().term == TERM


@pytest.mark.parametrize(("whose", "fits"), [("ours", True), ("theirs", False), ("shared", False)])
def test_a_template_in_the_admin_suggests_only_what_its_practice_may_use(
    ours: Surgery, theirs: Surgery, administrator: User, code: SnomedCode, whose: str, fits: bool
) -> None:
    practice: dict[str, Any] = {"ours": ours.practice.pk, "theirs": theirs.practice.pk, "shared": ""}
    form = {"name": "One", "body": "Book: {link}", "practice": practice[whose], "invitation_code": code.pk}
    answer = browser(administrator).post(reverse("admin:campaigns_messagetemplate_add"), form)
    assert (answer.status_code == 302) is fits
    assert MessageTemplate.objects.exists() is fits
    assert fits or "Only Example Surgery may use this code" in answer.content.decode()
