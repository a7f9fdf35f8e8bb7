"""Whom a text greets, and how: one given name in its proper case, or nobody by name."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from patients.names.folding import fold_name
from patients.names.greeting import PersonName, read_name
from patients.names.plain_names import UsualNames
from patients.names.record_marks import mark_in
from patients.names.titles import NOT_NAMES, TITLES
from patients.values.corrections import NAMELESS, Tidied

OUT, NOT_GIVEN, ORDER, DAMAGED = (
    Tidied.NAME_LEFT_OUT,
    Tidied.NAME_NOT_GIVEN,
    Tidied.NAME_ORDER,
    Tidied.NAME_DAMAGED,
)


@pytest.mark.parametrize(
    ("written", "greeted"),
    [
        ("Asha", "Asha"),
        ("ASHA", "Asha"),
        ("asha", "Asha"),
        ("aSHA", "Asha"),
        ("ASha", "Asha"),
        (" Asha\u00a0\u200b ", "Asha"),
        ("Mary Ann Jane", "Mary"),
        ("Mary-Ann Jane", "Mary-Ann"),
        ("MARY\u2013ANN", "Mary-Ann"),
        ("JEAN-LUC", "Jean-Luc"),
        ("O'NEIL", "O'Neil"),
        ("D\u2019ANGELO", "D\u2019Angelo"),
        ("DE'ANDRE", "De'Andre"),
        ("SHA'NIA", "Sha'nia"),
        ("MCKENZIE", "McKenzie"),
        ("LaToya", "LaToya"),
        ("DeShawn", "DeShawn"),
        ("IJSBRAND", "IJsbrand"),
        ("IJAZ", "Ijaz"),
        ("\u0130SMA\u0130L", "\u0130smail"),
        ("\u00c7A\u011eRI", "\u00c7a\u011fr\u0131"),
        ("JO", "Jo"),
        ("Zoe\u0308", "Zoë"),
        ("Γιώργος", "Γιώργος"),
        ("محمد", "محمد"),
        ("आशा", "आशा"),
        ("王伟", "王伟"),
        ("Mrs Asha", "Asha"),
        ("Asha (Mrs)", "Asha"),
        ("Asha Mrs", "Asha"),
        ("Rt. Hon. Asha", "Asha"),
        ("Fr. John", "John"),
        ("J. Edgar", "Edgar"),
        ("Margaret (Peggy)", "Margaret"),
        ('Margaret "Peggy"', "Margaret"),
        ("Margaret 'Peggy'", "Margaret"),
        ("Margaret \u201cPeggy\u201d", "Margaret"),
        ("Margaret known as Peggy", "Margaret"),
        ("Margaret aka Peggy", "Margaret"),
        ("Grey, Asha", "Asha"),
        ("Asha,", "Asha"),
        ("Rip", "Rip"),
        ("Earl", ""),
        ("St. John", ""),
    ],
)
def test_one_given_name_in_its_proper_case(written: str, greeted: str) -> None:
    assert read_name("", written, "GREY" if written.isupper() else "Grey").given == greeted


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (("", "Grey", "Grey"), NOT_GIVEN),
        (("", "GREY", "grey"), NOT_GIVEN),
        (("", "Garcia", "Garcia Lopez"), NOT_GIVEN),
        (("", "Smith", "Smith-Jones"), NOT_GIVEN),
        (("", "GREY", "Asha"), ORDER),
        (("", "de", "la Cruz"), ORDER),
        (("", "Brown, Asha", "Grey"), ORDER),
        (("", "Mrs", "Grey"), NOT_GIVEN),
        (("Mrs", "Mstr", "Grey"), NOT_GIVEN),
        (("", "Wing Commander", "Grey"), NOT_GIVEN),
        (("", "J", "Grey"), NOT_GIVEN),
        (("", "J.", "Grey"), NOT_GIVEN),
        (("", "J R", "Grey"), NOT_GIVEN),
        (("", "JP", "Grey"), NOT_GIVEN),
        (("", "AJ", "Grey"), NOT_GIVEN),
        (("", "Unknown", "Grey"), OUT),
        (("", "Baby", "Grey"), OUT),
        (("", "Baby of Sarah", "Grey"), OUT),
        (("", "B/O Sarah", "Grey"), OUT),
        (("", "Twin 1", "Grey"), OUT),
        (("", "Test", "Grey"), OUT),
        (("", "see notes", "Grey"), OUT),
        (("", "N/A", "Grey"), OUT),
        (("", "07700 900123", "Grey"), OUT),
        (("", "asha@example.com", "Grey"), OUT),
        (("", "www.evil.example", "Grey"), OUT),
        (("", "A B C D E F Asha", "Grey"), OUT),
        (("", "x" * 600, "Grey"), OUT),
        (("", "Zo\udc89", "Grey"), DAMAGED),
        (("", "Jos\ufffd", "Grey"), DAMAGED),
        (("", "Pawe\u00b3", "Grey"), DAMAGED),
        (("", "Zo\u2018", "Grey"), DAMAGED),
    ],
)
def test_no_name_where_none_is_certain_and_why(cells: tuple[str, str, str], why: Tidied) -> None:
    name = read_name(*cells)
    assert (name.given, name.remarks) == ("", (why,))


@pytest.mark.parametrize(
    ("whole", "given", "family"),
    [
        ("Joe Bloggs", "Joe", "Bloggs"),
        ("Mstr Joe Bloggs", "Joe", "Bloggs"),
        ("Mrs. Asha van Patel", "Asha", "van Patel"),
        ("BLOGGS, Joe (Mr)", "Joe", "Bloggs"),
        ("Bloggs, Mr Joe Alan", "Joe", "Bloggs"),
        ("Joe Bloggs, Mr", "Joe", "Bloggs"),
        ("Bloggs, Joe, Mr", "Joe", "Bloggs"),
        ("BLOGGS,JOE", "Joe", "Bloggs"),
        ("Joe Bloggs MBE", "Joe", "Bloggs"),
        ("PATEL Asha", "Asha", "Patel"),
        ("Asha PATEL", "Asha", "Patel"),
        ("Mrs PATEL Asha Marie", "Asha", "Patel"),
        ("van der BERG Jan", "Jan", "van der Berg"),
        ("McDONALD Joe", "Joe", "McDonald"),
        ("Mary-Ann O'BRIEN", "Mary-Ann", "O'Brien"),
        ("SMITH JONES Ann", "Ann", "Smith Jones"),
        ("محمد علي", "محمد", "علي"),
        ("ASHA PATEL", "", "Asha Patel"),
        ("MRS ASHA PATEL", "", "Asha Patel"),
        ("asha patel", "", "Asha Patel"),
        ("Patel", "", "Patel"),
        ("Mrs Patel", "", "Patel"),
        ("Patel (Mrs)", "", "Patel"),
        ("Mr J Patel", "", "J Patel"),
        ("Patel A", "", "Patel A"),
        ("A Patel Shah", "", "A Patel Shah"),
        ("WU Xiao", "", "WU Xiao"),
        ("NG Wei", "", "NG Wei"),
        ("JP Smith", "", "JP Smith"),
        ("JP SMITH", "", "Smith"),
        ("王 伟", "", "王 伟"),
        ("de la Cruz Maria", "", "de la Cruz Maria"),
        ("Patel,", "", "Patel"),
        ("Patel, Mrs", "", "Patel"),
        ("Patel, A", "", "Patel"),
        ("Patel, Patel", "", "Patel"),
        ("Patel, Asha, Marie", "", "Patel Asha Marie"),
        ("Major Singh", "", "Singh"),
        ("Baby Smith", "", "Baby Smith"),
        ("Mr and Mrs Patel", "", "and Mrs Patel"),
        ("Mr & Mrs Patel", "", ""),
        ("Wing Cdr Joe Bloggs", "Joe", "Bloggs"),
        ("Mrs", "", ""),
    ],
)
def test_what_is_certain_of_a_whole_name(whole: str, given: str, family: str) -> None:
    name = read_name("", "", "", whole)
    assert (name.given, name.family) == (given, family)
    assert bool(given) != bool(NAMELESS.keys() & {*name.remarks})


def test_other_cells_make_a_name_certain() -> None:
    assert read_name("", "", "Patel", "ASHA PATEL").given == "Asha"
    assert read_name("", "", "Patel", "PATEL ASHA").given == "Asha"
    assert read_name("", "Mrs", "Patel", "Mrs Asha Patel").given == "Asha"
    assert read_name("Mr", "Major", "Singh").given == "Major"


def test_what_was_changed_is_remarked() -> None:
    assert read_name("", "Jes\u00c3\u00bas", "Grey").remarks == (Tidied.NAME_MENDED, Tidied.NAME_LETTERS)
    assert read_name("", "Ren\udce9e", "Grey")[:2] == ("Renée", "Grey")
    assert read_name("", "Paweł", "Grey").remarks == (Tidied.NAME_LETTERS,)
    assert read_name("", "André", "Grey").remarks == ()  # texts have this letter
    assert read_name("", "", "Grey") == PersonName(family="Grey", compared=("", "grey"))


@pytest.mark.hazard("H-09.5")
@pytest.mark.parametrize(
    ("first", "other"),
    [
        (("", "Asha", "O'Brien"), ("Mrs", "ASHA", "O\u2019BRIEN")),
        (("", "Asha", "O'Brien"), ("", "Mrs Asha", "O Brien")),
        (("", "Mary Ann", "Smith-Jones"), ("", "Mary-Ann", "Smith Jones")),
        (("", "Łukasz", "Zieliński"), ("", "Lukasz", "ZIELINSKI")),
        (("", "", "", "Bloggs, Joe (Mr)"), ("", "", "", "Mr Joe Bloggs")),
        (("", "", "", "ASHA PATEL"), ("", "", "", "Asha Patel")),
        (("", "Margaret (Peggy)", "Grey"), ("", "Margaret", "Grey")),
    ],
)
def test_spellings_of_one_name_compare_as_one(first: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert read_name(*first).compared == read_name(*other).compared != ("", "")


def test_all_given_names_compare_since_those_of_twins_may_begin_alike() -> None:
    assert read_name("", "Mary Ann", "Grey").compared != read_name("", "Mary Jane", "Grey").compared
    assert read_name("", "", "Grey", "MARY GREY").compared != read_name("", "", "Grey", "JANE GREY").compared


cells = st.one_of(
    st.sampled_from(["", "Asha", "PATEL", "Patel", "Mrs", "Mstr", "van der", "O'Brien", "Baby", "Jes\u00c3\u00bas"]),
    st.sampled_from(sorted(TITLES | NOT_NAMES)).map(str.title),
    st.text(max_size=12),
    st.lists(st.sampled_from(["Asha", "PATEL", "Mr", "(Mrs)", ",", "J", "de", "Łukasz", "\u201c", "known as"])).map(
        " ".join
    ),
)


@pytest.mark.hazard("H-23.1")
@given(cells, cells, cells, cells)
@example("", "\u0130", "", "")
@example("", "A'", "A", "A, A")
def test_nobody_is_greeted_by_a_title_a_note_or_a_family_name(title: str, given: str, family: str, whole: str) -> None:
    name = read_name(title, given, family, whole)
    assert max(map(len, name[:2])) <= 100
    assert name.family.encode().decode() == name.family
    if not name.given:
        return
    assert " " not in name.given
    assert any(map(str.isalpha, name.given))
    assert name.given.casefold() not in TITLES | NOT_NAMES
    assert fold_name(name.given) != fold_name(family)
    assert fold_name(name.given) != fold_name(name.family)
    assert not NAMELESS.keys() & {*name.remarks}
    assert read_name(title, name.given, name.family).given in (name.given, "")


@given(st.text(max_size=30))
def test_a_name_that_was_read_is_read_again_as_it_is(written: str) -> None:
    once = read_name("", written, "").given
    assert once == "" or read_name("Mr", once, "").given == once


simple = st.sampled_from(
    [
        "",
        "Asha",
        "ASHA",
        "Patel",
        "PATEL",
        "patel",
        "Mr",
        "Mrs",
        "Dr",
        "Mcdonald",
        "MCDONALD",
        "Rip",
        "Test",
        "Major",
        "Jo",
        "Amy",
        "Ste",
    ]
)
families = st.lists(st.sampled_from(["O'Brien", "MÜLLER", "de", "St.", "Amy-Jane", "(Asha)", "Late", "Jr", "M?ller"]))


@given(
    simple,
    simple,
    simple | families.map(" ".join) | st.text(max_size=12),
    st.lists(simple).map(" ".join) | st.builds("{}, {} ({})".format, simple, simple, simple),
)
@example("", "", "", "Patel, Asha (Mr)")
@example("Mr", "ASHA", "O'Brien", "")
@example("", "Asha", "Smith-Asha", "")
def test_the_short_way_reads_what_the_long_way_reads(title: str, given: str, family: str, whole: str) -> None:
    usual = UsualNames().read(title, given, family, whole)
    if usual is not None:
        assert (*usual, ()) == read_name(title, given, family, whole)
        assert mark_in(title, given, family, whole) is None


@pytest.mark.parametrize("family", ["O'Brien", "Smith-Jones", "de la Cruz", "D'Arcy", "St. John", "Müller", "Núñez"])
def test_usual_family_names_of_every_shape_are_read_the_short_way(family: str) -> None:
    assert UsualNames().read("Ms", "Amy", family, "") == ("Amy", family, ("amy", fold_name(family)))
