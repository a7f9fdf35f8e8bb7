"""Which concepts may go with a batch: by id, by term, and whoever writes the row (snomed-ct#given-or-done)."""

import csv
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone
from stdnum import verhoeff

from campaigns.codes import catalogue
from campaigns.messages.forms import DeclineForm, MessageForm
from campaigns.models import Campaign, CodeKind, SnomedCode, code_rules, validate_concept_id
from campaigns.models.code_rules import EXCLUDED, Why
from tests.factories import make_campaign, make_code, make_practice, make_staff

ATTACHABLE = [CodeKind.INVITATION, CodeKind.DECLINE]

# These mean given or done, and staff elsewhere have mistaken the first for an invitation (snomed-ct#given-or-done).
GIVEN = [
    *("1303503001", "1324681000000101", "985151000000100", "955691000000108", "1239861000000100", "86198006"),
    *("955651000000100", "859641000000109", "1326101000000105", "1326111000000107", "394700004"),
    *("888461000000107", "523221000000100", "763661000000101"),
]
CONTRAINDICATED = ["390796006", "407573008", "868531000000103", "1240661000000107"]
EXCEPTIONS = ["716491000000100", "717291000000103", "716771000000106", "716821000000100", "1109911000000100"]
NOT_KNOWN = ["170557005", "170559008", "1411000119106", "185903001", "523201000000109", "519961000000106"]


def code(**fields: Any) -> SnomedCode:
    values = {"concept_id": "22298006", "term": "Example invitation sent", "kind": CodeKind.INVITATION}
    return SnomedCode(**values | fields)


def catalogue_adds(wanted: SnomedCode) -> None:
    """The way of the product's own codes."""
    SnomedCode.objects.get_or_create(concept_id=wanted.pk, defaults={"term": wanted.term, "kind": wanted.kind})


@pytest.mark.parametrize("concept", ["22298006", "24700007", "1240781000000106"])
def test_the_ids_that_are_right(concept: str) -> None:
    validate_concept_id(concept)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("concept", "error"),
    [
        ("24700008", "check digit"),
        ("1240781000000160", "check digit"),
        ("1240781000000100", "check digit"),
        ("11099110000000100", "check digit"),
        ("1149291000000110", "description or a relationship"),
        ("11931191000006114", "description or a relationship"),
        ("024700007", "does not start with 0"),
        ("2470000 7", "6 to 18 digits"),
        ("２４７００００７", "6 to 18 digits"),  # noqa: RUF001 - full-width digits are no digits here
        ("24007", "6 to 18 digits"),
        ("", "cannot be blank"),
    ],
)
@pytest.mark.parametrize("way", [SnomedCode.full_clean, SnomedCode.save, catalogue_adds])
def test_an_id_that_is_wrong_gets_in_by_no_way(concept: str, error: str, way: Callable[[SnomedCode], object]) -> None:
    with pytest.raises(ValidationError, match=error):
        way(code(concept_id=concept))
    assert not SnomedCode.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("concept", ["1149291000000110", "024700007", "x", "22298006x"])
def test_the_database_itself_keeps_out_what_is_no_concept(concept: str) -> None:
    with pytest.raises(IntegrityError):
        SnomedCode.objects.bulk_create([code(concept_id=concept)])


def test_the_list_of_codes_kept_apart_is_whole_and_right() -> None:
    assert {entry.concept_id for entry in EXCLUDED.values() if entry.why == Why.GIVEN} >= set(GIVEN)
    assert {entry.concept_id for entry in EXCLUDED.values() if entry.why == Why.CONTRAINDICATED} == set(CONTRAINDICATED)
    assert {entry.concept_id for entry in EXCLUDED.values() if entry.why == Why.EXCEPTION} == set(EXCEPTIONS)
    assert set(EXCLUDED) >= set(NOT_KNOWN)
    for entry in EXCLUDED.values():
        assert verhoeff.is_valid(entry.concept_id)
        validate_concept_id(entry.concept_id)
        assert entry.term.strip() == entry.term != ""
    with code_rules.FILE.open(newline="", encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == len(EXCLUDED)


@pytest.mark.django_db
@pytest.mark.parametrize("concept", sorted(EXCLUDED))
@pytest.mark.parametrize("kind", ATTACHABLE)
def test_a_code_kept_apart_cannot_be_added_for_a_batch(concept: str, kind: CodeKind) -> None:
    harmless = {"invitation": "Flu vaccination invitation sent", "decline": "Flu vaccination declined"}[kind]
    with pytest.raises(ValidationError) as refused:
        code(concept_id=concept, kind=kind, term=harmless).save()
    assert refused.value.message_dict["concept_id"] == [code_rules.REASONS[EXCLUDED[concept].why]]
    if concept in GIVEN:
        assert "make patients look as if they had had it" in str(refused.value)
    code(concept_id=concept, kind=CodeKind.GIVEN, term=harmless).save()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "term",
    [
        "Influenza vaccination given",
        "RSV vaccine administration invitation",
        "Vaccine administered after invitation",
        "Health check completed, letter sent",
        "Review DONE",
        "Invitation for vaccination (procedure)",
        "Excepted from asthma indicators: informed dissent",
        "Vaccination invitation contraindicated",
        "Asthma annual review",
        "SARS-CoV-2 vaccination",
        "Seasonal influenza vaccination declined",
    ],
)
def test_the_term_of_something_else_is_no_invitations(term: str) -> None:
    with pytest.raises(ValidationError) as refused:
        code(term=term).save()
    assert set(refused.value.message_dict) == {"term"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "term",
    [
        "Influenza vaccination given",
        "Influenza vaccination",
        "Influenza vaccination invitation",
        "Informed dissent: asthma monitoring refused",
        "Influenza vaccination contraindicated, declined",
        "Excepted from indicators: vaccination declined",
    ],
)
def test_the_term_of_something_else_is_no_declines(term: str) -> None:
    with pytest.raises(ValidationError) as refused:
        code(kind=CodeKind.DECLINE, term=term).save()
    assert set(refused.value.message_dict) == {"term"}


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["emis_code", "emis_scheme"])
def test_an_emis_code_needs_its_scheme(way: str) -> None:
    with pytest.raises(ValidationError, match="Give both"):
        code(**{way: "READ2"}).save()


@pytest.mark.django_db
def test_a_code_that_was_always_wrong_can_be_switched_off_and_not_on() -> None:
    SnomedCode.objects.bulk_create([code(concept_id="1303503001", term="RSV vaccine administration")])
    old = SnomedCode.objects.get()
    old.active = False
    old.save()
    old.active = True
    with pytest.raises(ValidationError):
        old.save()


# The database keeps the kinds apart whoever writes


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["invitation_code", "decline_code"])
@pytest.mark.parametrize("kind", list(CodeKind))
def test_a_batchs_code_is_of_its_kind_whoever_writes(field: str, kind: CodeKind) -> None:
    draft = make_campaign()
    terms = {CodeKind.INVITATION: "Example invitation", CodeKind.DECLINE: "Example declined"}
    other = code(kind=kind, term=terms.get(kind, "Example given"))
    other.save()
    if field.startswith(kind.value):
        Campaign.objects.filter(id=draft.id).update(**{field: other})
        return
    with pytest.raises(IntegrityError), transaction.atomic():
        Campaign.objects.filter(id=draft.id).update(**{field: other})


@pytest.mark.django_db
def test_a_code_that_batches_use_stays_what_it_is() -> None:
    draft = make_campaign()
    used = draft.invitation_code
    assert used is not None
    used.kind, used.term = CodeKind.DECLINE, "Text declined"
    with pytest.raises(ValidationError, match="Batches use this code"):
        used.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        SnomedCode.objects.filter(pk=used.pk).update(kind=CodeKind.GIVEN)
    draft.delete()
    used.save()


# What staff are offered


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"active": False}, {"approved_at": None}])
def test_only_approved_and_active_codes_are_offered(change: dict[str, Any]) -> None:
    invitation, decline = make_code(CodeKind.INVITATION), make_code(CodeKind.DECLINE)
    assert (invitation.is_usable, decline.is_usable) == (True, True)
    message, no = MessageForm({}, practice=make_practice()), DeclineForm({})
    assert list(message.fields["code"].queryset) == [invitation]  # type: ignore[attr-defined] # a choice of rows
    assert list(no.fields["code"].queryset) == [decline]  # type: ignore[attr-defined] # a choice of rows
    SnomedCode.objects.update(**change)
    for snomed_code, kind in ((invitation, CodeKind.INVITATION), (decline, CodeKind.DECLINE)):
        snomed_code.refresh_from_db()
        assert not snomed_code.is_usable
        assert not SnomedCode.objects.usable(kind).exists()


@pytest.mark.django_db
def test_a_code_of_care_given_is_never_usable() -> None:
    given = code(kind=CodeKind.GIVEN, concept_id="1303503001", approved_at=timezone.now())
    given.save()
    assert not given.is_usable


# What the product brings


@pytest.mark.django_db
def test_the_products_own_codes_are_approved_and_the_others_are_there_to_be_found() -> None:
    call_command("load_catalogue")
    for kind in ATTACHABLE:
        assert SnomedCode.objects.usable(kind).count() == SnomedCode.objects.filter(kind=kind).count() > 5
    assert set(SnomedCode.objects.filter(kind=CodeKind.GIVEN).values_list("pk", flat=True)) >= set(GIVEN)
    others = set(SnomedCode.objects.filter(kind=CodeKind.OTHER).values_list("pk", flat=True))
    assert others == {entry.concept_id for entry in EXCLUDED.values() if entry.why != Why.GIVEN}
    assert not SnomedCode.objects.exclude(proposed_by=None).exists()


@pytest.mark.django_db
def test_loading_switches_off_what_was_added_as_something_else_and_approves_nobodys_words() -> None:
    staff = make_staff(make_practice())
    rows = [
        code(concept_id="1303503001", term="RSV invitation"),
        code(concept_id="711408005", term="Our own words: message sent"),
        code(concept_id="315640000", term="Influenza vaccination declined", kind=CodeKind.DECLINE),
        code(
            concept_id="401086001", term="Pneumococcal vaccination declined", kind=CodeKind.DECLINE, proposed_by=staff
        ),
    ]
    SnomedCode.objects.bulk_create(rows)
    began = timezone.now() - timedelta(seconds=1)
    catalogue.load()
    rsv, ours, flu, proposed = [SnomedCode.objects.get(pk=row.pk) for row in rows]
    assert (rsv.active, rsv.kind) == (False, CodeKind.INVITATION)
    assert not ours.is_approved
    assert flu.approved_at is not None
    assert flu.approved_at > began
    assert not proposed.is_approved
