"""The codes and templates that every installation starts with are fit to be used as they are."""

import csv
import pkgutil
from importlib import import_module

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings
from stdnum import verhoeff

import campaigns.migrations
from campaigns.codes import catalogue
from campaigns.messages import shared_templates, texts
from campaigns.messages.forms import MessageForm
from campaigns.models import CodeKind, MessageTemplate, SnomedCode, validate_concept_id
from campaigns.models.code_rules import EXCLUDED
from integrations.messaging.text import Encoding
from practices.models import Practice

# Published ids that say a thing was given or done (snomed-ct#given-or-done): filed with an invitation, they would make
# a record say that a patient had what they were only invited to.
GIVEN = {
    *("1303503001", "1324681000000101", "985151000000100", "955691000000108", "1239861000000100", "86198006"),
    *("955651000000100", "859641000000109", "1326101000000105", "1326111000000107", "394700004"),
    *("888461000000107", "523221000000100", "763661000000101", "523201000000109", "519961000000106"),
    *("171149006", "170557005", "170559008", "1411000119106"),
}
# Not for a patient's own "I don't want this": these have payment effects, or say that the patient must not have it.
NOT_A_DECLINE = {
    *("716491000000100", "717291000000103", "716771000000106", "716821000000100", "1109911000000100"),
    *("390796006", "407573008", "868531000000103", "1240661000000107"),
}
ONCE_PUBLISHED = {"711408005", "822931000000100", "868551000000105", "9691000175102", "1362651000000105"}
"""Shipped ids that were found published in one place alone (snomed-ct#shipped-codes)."""
BASE_URL = "https://self-book.practice-name.example.nhs.uk"

with catalogue.CODES.open(newline="", encoding="utf-8") as file:
    ROWS = list(csv.DictReader(file))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["concept_id"])
def test_every_code_is_a_concepts_and_says_one_thing(row: dict[str, str]) -> None:
    concept = row["concept_id"]
    validate_concept_id(concept)
    assert verhoeff.is_valid(concept)
    assert concept[-3:-1] in {"00", "10"}
    assert row["kind"] in CodeKind.values
    assert row["term"] == row["term"].strip() != ""
    assert bool(row["emis_scheme"]) is bool(row["emis_code"])


def test_no_code_says_that_anything_was_given() -> None:
    ids = [row["concept_id"] for row in ROWS]
    assert not GIVEN & set(ids)
    assert not NOT_A_DECLINE & set(ids)
    assert len(ids) == len(set(ids))
    for row in ROWS:
        tokens = set(row["term"].lower().split())
        assert not tokens & {"given", "administered", "administration", "done", "completed"}, row["term"]


def test_each_kind_is_named_by_its_terms() -> None:
    for row in ROWS:
        term = row["term"].lower()
        declines = any(word in term for word in ("declined", "refuse", "not wanted"))
        assert declines is (row["kind"] == CodeKind.DECLINE), row["term"]


@pytest.mark.parametrize("template", shared_templates.TEMPLATES, ids=lambda words: words.name)
def test_every_template_can_be_sent_as_it_is(template: shared_templates.SharedTemplate, settings: Settings) -> None:
    assert len(BASE_URL) >= 45
    settings.PUBLIC_BASE_URL = BASE_URL
    practice = Practice(name="The Riverside and Hillcrest Medical Practice")
    assert texts.reasons_against(template.body) == []
    longest = texts.preview(template.body, practice=practice, name="Bartholomew-Theodora")
    assert longest.measure.fragments <= 2
    assert longest.measure.encoding is Encoding.GSM7
    assert 0 < len(template.decline) <= 500


@pytest.mark.django_db
@pytest.mark.parametrize("template", shared_templates.TEMPLATES, ids=lambda words: words.name)
def test_every_template_passes_the_staffs_own_form(template: shared_templates.SharedTemplate) -> None:
    answers = {"message": template.body, "appointment_name": template.appointment_name}
    form = MessageForm(answers, practice=Practice(name="Example Surgery"))
    assert form.is_valid(), form.errors
    assert form.cleaned_data["appointment_name"] == template.appointment_name
    assert form.cleaned is not None
    assert form.cleaned.replaced == ()


@pytest.mark.hazard("H-07.2")
def test_no_template_suggests_a_code_that_was_published_once() -> None:
    assert {row["concept_id"] for row in ROWS if row["sources"] == "1"} == ONCE_PUBLISHED
    assert {row["sources"] for row in ROWS} == {"1", "2"}
    suggested = {code for words in shared_templates.TEMPLATES for code in (words.invitation_code, words.decline_code)}
    assert not suggested & ONCE_PUBLISHED
    assert suggested <= {row["concept_id"] for row in ROWS} | {""}


def _as_before() -> MessageTemplate:
    """The flu template as an earlier version loaded it, with a code that nobody knew was published once."""
    SnomedCode.objects.update(one_source=False)
    template = MessageTemplate.objects.get(practice=None, name="Flu vaccination")
    template.invitation_code_id, template.decline_code_id = "711408005", "822931000000100"
    template.save()
    return template


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["migration", "loading"])
def test_what_is_there_already_is_put_right(how: str) -> None:
    call_command("load_catalogue")
    template = _as_before()
    SnomedCode.objects.filter(concept_id="711408005").update(term="Our own words: message sent")
    if how == "loading":
        call_command("load_catalogue")
    else:
        names = [module.name for module in pkgutil.iter_modules(campaigns.migrations.__path__)]
        (name,) = [name for name in names if name.endswith("_code_sources_and_descriptions")]
        with connection.cursor() as cursor:
            cursor.execute(import_module(f"campaigns.migrations.{name}")._ONE_SOURCE)
    once = SnomedCode.objects.filter(one_source=True)
    assert set(once.values_list("concept_id", flat=True)) == ONCE_PUBLISHED
    template.refresh_from_db()
    assert (template.invitation_code, template.decline_code) == (None, None)


@pytest.mark.django_db
def test_loading_again_adds_nothing_and_keeps_what_was_changed() -> None:
    call_command("load_catalogue")
    code = SnomedCode.objects.get(concept_id="711408005")
    code.active = False
    code.save()
    template = MessageTemplate.objects.filter(practice=None).first()
    assert template is not None
    template.body, template.appointment_name = "Our own words: {link}", "our own name"
    template.save()
    before = MessageTemplate.objects.exclude(id=template.id).first()
    assert before is not None
    MessageTemplate.objects.filter(id=before.id).update(appointment_name="")  # from before templates had one
    counts = SnomedCode.objects.count(), MessageTemplate.objects.count()
    call_command("load_catalogue")
    assert (SnomedCode.objects.count(), MessageTemplate.objects.count()) == counts
    assert counts == (len(ROWS) + len(EXCLUDED), len(shared_templates.TEMPLATES))
    code.refresh_from_db()
    template.refresh_from_db()
    assert not code.active
    assert (template.body, template.appointment_name) == ("Our own words: {link}", "our own name")
    before.refresh_from_db()
    assert before.appointment_name in {shared.appointment_name for shared in shared_templates.TEMPLATES}
    for stored in SnomedCode.objects.all():
        stored.full_clean(exclude=["concept_id"])
