"""Loading a SNOMED CT release: which terms, all or nothing, again, and what is refused (snomed-ct#releases)."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from stdnum import verhoeff

from campaigns.codes.rf2.files import CONCEPTS, DESCRIPTIONS, LANGUAGES, NotRf2
from campaigns.codes.rf2.identifiers import CONCEPT_PARTITIONS, DESCRIPTION_PARTITIONS, is_identifier
from campaigns.codes.rf2.loading import load
from campaigns.models import CodeKind
from campaigns.models.snomed import SnomedRelease, SnomedTerm
from practices.models import AuditEvent
from tests.campaigns import shipped
from tests.campaigns.rf2_files import (
    ACCEPTABLE,
    FULL_NAME,
    GREAT_BRITAIN,
    SYNONYM,
    UNITED_STATES,
    Release,
    concept_id,
    name_of,
)
from tests.factories import make_code
from tests.memory import assert_held

# Identifiers


@pytest.mark.parametrize("good", ["22298006", "24700007", "1240781000000106", "900000000000508004"])
def test_a_concepts_id_is_one(good: str) -> None:
    assert is_identifier(good, CONCEPT_PARTITIONS)
    assert not is_identifier(good, DESCRIPTION_PARTITIONS)


@pytest.mark.parametrize(
    "bad",
    [
        *("24700008", "1240781000000160", "1240781000000100", "11099110000000100"),
        *("1149291000000110", "11931191000006114"),
        *("", "00000", "012345", "2229800x", "\u0662\u0662\u0662\u0669\u0668\u0660\u0660\u0666", "9" * 19),
    ],
)
def test_what_is_no_concepts_id_is_none(bad: str) -> None:
    assert not is_identifier(bad, CONCEPT_PARTITIONS)


def test_the_check_digit_is_the_librarys() -> None:
    for serial in range(2_000):
        stem = f"{serial * 7_919 + 1_234_567}00"
        for digit in "0123456789":
            assert is_identifier(stem + digit, CONCEPT_PARTITIONS) is verhoeff.is_valid(stem + digit)


# Which terms


def terms() -> dict[str, str]:
    return dict(SnomedTerm.objects.values_list("concept_id", "term"))


@pytest.fixture
def release() -> Release:
    return Release()


@pytest.mark.django_db
def test_active_concepts_come_in_by_their_preferred_british_terms(release: Release, tmp_path: Path) -> None:
    asthma = release.whole(1, "Asthma monitoring invitation")
    gone = release.concept(2, active=False)
    release.term(gone, "No longer used (procedure)", FULL_NAME)
    release.term(gone, "No longer used")
    report = load(release.write(tmp_path))
    assert terms() == {asthma: "Asthma monitoring invitation"}
    assert SnomedTerm.objects.get().full_name == "Asthma monitoring invitation (procedure)"
    assert (report.rows, report.terms, report.added, report.changed, report.removed) == (10, 1, 1, 0, 0)
    assert report.effective_date.isoformat() == "2026-04-01"


@pytest.mark.django_db
def test_the_nhss_own_reference_set_has_the_last_word(release: Release, tmp_path: Path) -> None:
    concept = release.concept(1)
    release.term(concept, "Haemoglobin test (procedure)", FULL_NAME)
    release.term(concept, "Hemoglobin test", preferred_in=UNITED_STATES)
    release.term(concept, "Haemoglobin", preferred_in=GREAT_BRITAIN)
    preferred = release.term(concept, "Haemoglobin test")
    release.term(concept, "Hb test", acceptability=ACCEPTABLE)
    release.term(concept, "Haemoglobin test, old", active=False)
    load(release.write(tmp_path))
    assert terms() == {concept: "Haemoglobin test"}
    assert SnomedTerm.objects.get().description_id == preferred


@pytest.mark.django_db
def test_a_concept_that_no_british_set_names_goes_by_its_full_name(release: Release, tmp_path: Path) -> None:
    concept = release.concept(1)
    release.term(concept, "Ear wax removal (by hand) (procedure)", FULL_NAME, preferred_in="")
    release.term(concept, "Cerumen removal", SYNONYM, preferred_in=UNITED_STATES)
    nameless = release.concept(2)
    release.term(nameless, "Has no full name")
    report = load(release.write(tmp_path))
    assert terms() == {concept: "Ear wax removal (by hand)"}
    assert report.without_preferred == 1
    assert SnomedTerm.objects.get().description_id == "", "the full name's id is not that of a part of it"


@pytest.mark.django_db
def test_of_several_packages_the_newest_row_of_each_component_holds(tmp_path: Path) -> None:
    older, newer = Release(), Release()
    for part, date, active, term in ((older, "20250101", True, "Old term"), (newer, "20260101", True, "New term")):
        concept = part.concept(1, date=date, active=active)
        part.term(concept, f"{term} (finding)", FULL_NAME, date=date)
        part.term(concept, term, date=date)
    retired = concept_id(2)
    older.whole(2, "Retired since")
    newer.concept(2, active=False, date="20270101")
    older.write(tmp_path / "International")
    newer.write(tmp_path / "UK")
    load(tmp_path)
    assert terms() == {concept_id(1): "New term"}
    assert retired not in terms()


@pytest.mark.django_db
def test_the_zip_is_read_as_it_was_downloaded(release: Release, tmp_path: Path) -> None:
    concept = release.whole(1, "Asthma monitoring invitation")
    load(release.pack(tmp_path / "release.zip"))
    assert terms() == {concept: "Asthma monitoring invitation"}


# Again and again


@pytest.mark.django_db
def test_a_second_run_changes_nothing_and_a_newer_release_only_what_differs(tmp_path: Path) -> None:
    first, second = Release(), Release()
    for part, term in ((first, "Asthma call"), (second, "Asthma invitation")):
        part.whole(1, term)
        part.whole(2, "Same as ever")
    first.whole(3, "Retired since")
    second.whole(4, "New here")
    first.write(tmp_path / "first")
    second.write(tmp_path / "second")
    load(tmp_path / "first")
    again = load(tmp_path / "first")
    assert (again.terms, again.added, again.changed, again.removed) == (3, 0, 0, 0)
    newer = load(tmp_path / "second")
    assert (newer.terms, newer.added, newer.changed, newer.removed) == (3, 1, 1, 1)
    assert set(terms().values()) == {"Asthma invitation", "Same as ever", "New here"}
    assert SnomedRelease.objects.count() == 3
    assert AuditEvent.objects.filter(action="snomed.imported").count() == 3


@pytest.mark.django_db
def test_the_command_says_what_it_did_and_which_codes_are_gone(
    release: Release, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release.whole(1, "Asthma monitoring invitation")
    make_code(CodeKind.INVITATION)
    call_command("import_rf2", str(release.write(tmp_path)))
    output = capsys.readouterr().out
    assert "Release of 1 April 2026: 5 rows read." in output
    assert "1 active concepts." in output
    assert "1 added, 0 changed, 0 removed." in output
    assert "not active in this release: 711408005" in output


# What is refused


def changed(part_name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        file = folder / part_name
        file.write_bytes(change(file.read_bytes()))

    return apply


BAD: dict[str, tuple[Callable[[Path], None], str]] = {
    "a file is missing": (lambda folder: (folder / name_of(LANGUAGES)).unlink(), "holds no language reference set"),
    "other columns": (
        changed(name_of(CONCEPTS), lambda content: content.replace(b"moduleId", b"module")),
        "begin with",
    ),
    "nothing at all": (changed(name_of(CONCEPTS), lambda _: b""), "is not a row of an RF2 concept file"),
    "a cell too few": (changed(name_of(CONCEPTS), lambda content: content + b"1\t2\r\n"), "line 3 is not a row"),
    "cut short": (changed(name_of(DESCRIPTIONS), lambda content: content[:-9]), "cut short"),
    "not text": (
        changed(name_of(DESCRIPTIONS), lambda content: content.replace(b"Asthma", b"\xff\xfe")),
        "is not UTF-8",
    ),
    "a zero byte": (changed(name_of(DESCRIPTIONS), lambda content: content.replace(b"Asthma", b"A\0")), "is not a row"),
    "a wrong digit": (
        changed(name_of(CONCEPTS), lambda content: content.replace(concept_id(1).encode(), b"770001000")),
        "line 2: 770001000 is not a SNOMED CT id",
    ),
    "a description's concept": (
        changed(name_of(DESCRIPTIONS), lambda content: content.replace(concept_id(1).encode(), b"999")),
        "999 is not a SNOMED CT id",
    ),
    "no date": (changed(name_of(CONCEPTS), lambda content: content.replace(b"20260401", b"yesterday")), "not a date"),
    "an impossible date": (
        changed(name_of(CONCEPTS), lambda content: content.replace(b"20260401", b"20269999")),
        "none",
    ),
    "nothing active": (
        changed(name_of(CONCEPTS), lambda content: content.replace(b"\t1\t", b"\t0\t")),
        "No active concept",
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("spoil", BAD, ids=str)
def test_what_is_not_a_release_is_refused_and_nothing_changes(spoil: str, tmp_path: Path) -> None:
    before = Release()
    before.whole(7, "There already")
    load(before.write(tmp_path / "before"))
    release = Release()
    release.whole(1, "Asthma monitoring invitation")
    folder = release.write(tmp_path / "release")
    change, error = BAD[spoil]
    change(folder)
    with pytest.raises(NotRf2, match=error):
        load(folder)
    assert set(terms().values()) == {"There already"}
    assert SnomedRelease.objects.count() == 1


def test_something_else_is_refused_with_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "codes.csv"
    file.write_text("id,term\n")
    for path in (file, tmp_path / "missing"):
        with pytest.raises(CommandError, match=r"neither a folder nor a zip.*Nothing has been changed"):
            call_command("import_rf2", str(path))


@pytest.mark.django_db
def test_a_damaged_zip_is_refused(release: Release, tmp_path: Path) -> None:
    release.whole(1, "Asthma monitoring invitation")
    file = release.pack(tmp_path / "release.zip", zipfile.ZIP_STORED)
    file.write_bytes(file.read_bytes().replace(b"Asthma monitoring", b"Ashtma monitoring"))
    with pytest.raises(NotRf2, match="damaged"):
        load(file)


# Size


@pytest.mark.django_db
def test_memory_does_not_grow_with_the_release(tmp_path: Path) -> None:
    release = Release()
    for serial in range(4_000):
        release.whole(serial, f"Made-up term {serial} of a release")
    folder = release.write(tmp_path)
    assert_held(lambda: load(folder), most=500_000)


@pytest.mark.django_db
def test_no_code_that_ships_is_reported_gone_when_the_release_has_it(release: Release, tmp_path: Path) -> None:
    shipped.put_in()
    release.whole(1, "Something else")
    report = load(release.write(tmp_path))
    assert "711408005" in report.gone
    assert "1303503001" in report.gone
