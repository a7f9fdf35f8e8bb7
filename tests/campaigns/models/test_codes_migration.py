"""Codes that practices' people approved before codes were theirs: whose they become, and that no batch stops."""

import pkgutil
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone

import campaigns.migrations
import practices.migrations
from campaigns.codes import services as codes
from campaigns.drafts import services
from campaigns.models import Campaign, CodeKind, Grounds, MessageTemplate, SnomedCode
from practices.audit import trail as audit
from practices.models import AuditEvent, Membership, Role, User
from practices.models.accounts import AccountTie
from practices.staff import services as staff
from tests.campaigns.own_codes import CONCEPT, DECLINED, TERM, Surgery
from tests.factories import make_campaign, make_coded_entry, make_invitation, make_practice, make_staff

pytestmark = pytest.mark.django_db


def migration(package: Any, name: str) -> Any:
    """A migration by its name: its number is another one's, once branches come together."""
    (module_name,) = [module.name for module in pkgutil.iter_modules(package.__path__) if module.name.endswith(name)]
    return import_module(f"{package.__name__}.{module_name}")


def give() -> None:
    migration(campaigns.migrations, "_codes_of_a_practice").give_codes_to_practices(apps, None)


def former(proposed_by: User, approved_by: User | None, **fields: Any) -> SnomedCode:
    """Everybody's code as it was, by these people."""
    values = {"concept_id": CONCEPT, "term": TERM, "kind": CodeKind.INVITATION, "emis_scheme": "", "emis_code": ""}
    approved_at = timezone.now() if approved_by else None
    code = SnomedCode(proposed_by=proposed_by, approved_by=approved_by, approved_at=approved_at, **values | fields)
    code.save()
    return code


def own(surgery: Surgery) -> SnomedCode | None:
    return SnomedCode.objects.filter(practice=surgery.practice, concept_id=CONCEPT).first()


def test_it_goes_to_whose_member_asked_and_to_whose_batches_have_it(ours: Surgery, theirs: Surgery) -> None:
    nobody = Surgery("A third one")
    code = former(ours.sender, ours.manager, emis_scheme="READ2", emis_code="9N3G", source="A list")
    draft = make_campaign(ours.practice, ours.sender, invitation_code=code)
    under_way = make_campaign(theirs.practice, theirs.sender, started=True, invitation_code=code)
    waiting = make_invitation(under_way)
    entry = make_coded_entry(waiting, concept_id=CONCEPT, term=TERM, local_scheme="READ2", local_code="9N3G")
    templates = [
        MessageTemplate.objects.create(practice=practice, name="One", body="{link}", invitation_code=code)
        for practice in (ours.practice, nobody.practice, None)
    ]
    give()
    mine, other = own(ours), own(theirs)
    assert mine
    assert other
    for given in (mine, other):
        assert (given.term, given.emis_code, given.source, given.grounds) == (TERM, "9N3G", "A list", Grounds.EARLIER)
        assert (given.proposed_by, given.approved_by, given.is_usable) == (ours.sender, ours.manager, True)
    assert own(nobody) is None
    assert not SnomedCode.objects.shared().filter(concept_id=CONCEPT).exists()
    batches = Campaign.objects.in_bulk([draft.pk, under_way.pk])
    assert (batches[draft.pk].invitation_code, batches[under_way.pk].invitation_code) == (mine, other)
    for template in templates:
        template.refresh_from_db()
    assert [template.invitation_code for template in templates] == [mine, None, None]
    assert codes.stop_filing([entry]) == {}
    assert services.start(campaign=batches[draft.pk], longest_name="", by=ours.sender).state == "scheduled"
    events = AuditEvent.objects.filter(action="code.became_own")
    assert {event.practice for event in events} == {ours.practice, theirs.practice}


def test_what_waits_goes_on_waiting_at_its_practice(ours: Surgery) -> None:
    former(ours.sender, None)
    give()
    mine = own(ours)
    assert mine
    assert (mine.is_approved, mine.grounds, mine.proposed_by) == (False, "", ours.sender)
    codes.turn_down(code_id=mine.pk, by=ours.manager)


def test_administrators_codes_and_the_products_stay_everybodys(ours: Surgery, administrator: User) -> None:
    other = User.objects.create_superuser("second@example.org", "x" * 20, given_name="Bo", family_name="Min")
    former(administrator, other)
    former(administrator, None, concept_id="22298006", kind=CodeKind.DECLINE, term=DECLINED)
    batch = make_campaign(ours.practice, ours.sender)
    give()
    assert SnomedCode.objects.shared().count() == SnomedCode.objects.count() == 4
    batch.refresh_from_db()
    assert batch.invitation_code_id == "711408005"


def test_what_an_administrator_wrote_and_a_manager_approved_is_that_managers(
    ours: Surgery, theirs: Surgery, administrator: User
) -> None:
    former(administrator, ours.manager)
    give()
    mine = own(ours)
    assert mine
    assert (mine.is_usable, own(theirs)) == (True, None)
    shared = SnomedCode.objects.get(pk=CONCEPT)
    assert (shared.is_approved, shared.proposed_by) == (False, administrator)


def test_what_an_administrator_approved_was_looked_up_by_one(ours: Surgery, administrator: User) -> None:
    former(ours.sender, administrator)
    give()
    mine = own(ours)
    assert mine
    assert (mine.grounds, mine.is_usable) == (Grounds.ADMINISTRATOR, True)


def test_whoever_left_is_known_by_the_audit_trail_and_nobodys_code_waits(ours: Surgery, theirs: Surgery) -> None:
    former(ours.sender, theirs.manager)
    audit.record("staff.removed", practice=ours.practice, actor=ours.manager, object_id=ours.sender.id)
    gone = make_staff(make_practice())
    former(gone, theirs.manager, concept_id="22298006", kind=CodeKind.DECLINE, term=DECLINED)
    Membership.objects.filter(user__in=[ours.sender, gone]).delete()
    give()
    assert own(ours)
    shared = SnomedCode.objects.get(concept_id="22298006")
    assert (shared.practice, shared.is_approved, shared.proposed_by) == (None, False, gone)


def test_who_made_whose_account_is_noted_afterwards(ours: Surgery) -> None:
    invitation, _ = staff.invite(practice=ours.practice, by=ours.manager, email="zoe@example.org", role=Role.SENDER)
    zoe = staff.join(invitation=invitation, new=User(given_name="Zoe", family_name="Hall"))
    long_there = make_staff(make_practice(), email="max@example.org", created_at=timezone.now() - timedelta(days=9))
    invitation, _ = staff.invite(practice=ours.practice, by=ours.manager, email="max@example.org", role=Role.SENDER)
    assert staff.join(invitation=invitation) == long_there
    AccountTie.objects.all().delete()
    migration(practices.migrations, "_accounts_of_one_person").note_who_made_whom(apps, None)
    tie = AccountTie.objects.get()
    assert (tie.account, tie.tied_to, tie.kind) == (zoe, ours.manager, "made")
