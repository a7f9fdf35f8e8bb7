"""NHS numbers, dates of birth and names: what is taken, and what is refused with which reason."""

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from patients.names.greeting import clean_name
from patients.reasons import EXPLANATIONS, Reason, explain
from patients.values.dates import OLDEST_SHORT_YEARS, BirthDates, NotABirthDate, age_on, latest_birth
from patients.values.nhs_numbers import NotAnNhsNumber, parse_nhs_number, plain_nhs_number
from tests.patients.list_files import TODAY


def parse_birth_date(written: str, *, today: date) -> date:
    return BirthDates(today).read(written).day


@pytest.mark.parametrize(
    "written",
    ["9990000018", "999 000 0018", "999-000-0018", "999\u00a0000\u20110018", "\u200b9990000018\ufeff", " 999 0000018"],
)
def test_an_nhs_number_is_read_with_spaces_and_dashes(written: str) -> None:
    """Of every kind, and with marks that cannot be seen."""
    assert parse_nhs_number(written) == "9990000018"


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", Reason.NHS_NUMBER_MISSING),
        (" - ", Reason.NHS_NUMBER_MISSING),
        ("9990000019", Reason.NHS_NUMBER_CHECK),
        ("9990000000", Reason.NHS_NUMBER_CHECK),  # its check would be 10: nobody has such a number
        ("0000000000", Reason.NHS_NUMBER_SAME_DIGITS),
        ("9999999999", Reason.NHS_NUMBER_SAME_DIGITS),
        ("999000001", Reason.NHS_NUMBER_LENGTH),
        ("99900000180", Reason.NHS_NUMBER_LENGTH),
        ("9.99E+09", Reason.NHS_NUMBER_SPREADSHEET),
        ("9,99e9", Reason.NHS_NUMBER_SPREADSHEET),
        ("9990000018.0", Reason.NHS_NUMBER_SPREADSHEET),
        ("9990000018,00", Reason.NHS_NUMBER_SPREADSHEET),
        ("9.990000018E9", Reason.NHS_NUMBER_SPREADSHEET),
        ("99900000180.0", Reason.NHS_NUMBER_SPREADSHEET),
        ("999000001X", Reason.NHS_NUMBER_CHARACTERS),
        ("999 OOO 0018", Reason.NHS_NUMBER_CHARACTERS),
        ("٩٩٩٠٠٠٠٠١٨", Reason.NHS_NUMBER_CHARACTERS),
        ("#REF!", Reason.NHS_NUMBER_CHARACTERS),
    ],
)
def test_what_is_no_nhs_number_says_why(written: str, reason: Reason) -> None:
    """By the kind of fault, and without the number."""
    with pytest.raises(NotAnNhsNumber) as caught:
        parse_nhs_number(written)
    assert caught.value.reason == reason
    assert str(caught.value) == reason.value


@pytest.mark.parametrize(
    ("written", "born"),
    [
        ("09/03/1958", date(1958, 3, 9)),
        ("9/3/1958", date(1958, 3, 9)),
        ("09-03-1958", date(1958, 3, 9)),
        ("09.03.1958", date(1958, 3, 9)),
        ("1958-03-09", date(1958, 3, 9)),
        ("1958-03-09 00:00:00", date(1958, 3, 9)),
        ("09/03/1958 0:00", date(1958, 3, 9)),
        ("09-Mar-1958", date(1958, 3, 9)),
        ("9 MARCH 1958", date(1958, 3, 9)),
        ("09-Mar-58", date(1958, 3, 9)),
        ("11-Nov-41", date(1941, 11, 11)),
        ("16-Jun-26", date(1926, 6, 16)),  # tomorrow would be in the future
        ("29-Feb-00", date(2000, 2, 29)),
        ("15-Jun-15", date(2015, 6, 15)),  # or 111 years old, as nobody is who has a short year
        ("29-Feb-28", date(1928, 2, 29)),
        ("29/02/1960", date(1960, 2, 29)),
        ("15/06/1906", date(1906, 6, 15)),  # 120 today
    ],
)
def test_a_date_of_birth_is_read_day_first(written: str, born: date) -> None:
    assert parse_birth_date(written, today=TODAY) == born


@pytest.mark.hazard("H-09.4")
@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", Reason.BIRTH_MISSING),
        ("  ", Reason.BIRTH_MISSING),
        ("12/31/1960", Reason.BIRTH_IMPOSSIBLE),  # never read month first
        ("29/02/1961", Reason.BIRTH_IMPOSSIBLE),
        ("31/04/1960", Reason.BIRTH_IMPOSSIBLE),
        ("00/00/1960", Reason.BIRTH_IMPOSSIBLE),
        ("16/06/2026", Reason.BIRTH_FUTURE),
        ("14-Jun-25", Reason.BIRTH_AMBIGUOUS),  # one year old, or 101
        ("15-Jun-26", Reason.BIRTH_AMBIGUOUS),  # born today, or 100
        ("29 February 20", Reason.BIRTH_AMBIGUOUS),
        ("16-Jun-15", Reason.BIRTH_AMBIGUOUS),  # 110 until the day is over
        ("31-Feb-25", Reason.BIRTH_IMPOSSIBLE),
        ("14/06/1906", Reason.BIRTH_TOO_OLD),
        ("01/01/1066", Reason.BIRTH_TOO_OLD),
        ("09/03/0058", Reason.BIRTH_TOO_OLD),
        ("21947", Reason.BIRTH_SERIAL),
        ("2/1/60", Reason.BIRTH_UNREADABLE),
        ("01/02/03", Reason.BIRTH_UNREADABLE),
        ("19600201", Reason.BIRTH_UNREADABLE),
        ("1960", Reason.BIRTH_UNREADABLE),
        ("09/03-1958", Reason.BIRTH_UNREADABLE),
        ("09-Foo-1958", Reason.BIRTH_UNREADABLE),
        ("1958-03-09 13:45", Reason.BIRTH_UNREADABLE),
        ("٠٩/٠٣/١٩٥٨", Reason.BIRTH_UNREADABLE),
        ("unknown", Reason.BIRTH_UNREADABLE),
    ],
)
def test_what_is_no_date_of_birth_says_why(written: str, reason: Reason) -> None:
    """By the kind of fault, and without the date (lists#dates-of-birth)."""
    with pytest.raises(NotABirthDate) as caught:
        parse_birth_date(written, today=TODAY)
    assert caught.value.reason == reason
    assert str(caught.value) == reason.value


@given(st.dates(date(1926, 6, 16), TODAY), st.sampled_from(["%d/%m/%Y", "%Y-%m-%d", "%d-%b-%Y", "%d-%b-%y"]))
def test_every_date_survives_every_way_of_writing_it_that_says_which_it_is(born: date, way: str) -> None:
    written = born.strftime(way)
    if way == "%d-%b-%y" and age_on(born, TODAY) <= OLDEST_SHORT_YEARS - 100:
        with pytest.raises(NotABirthDate, match=Reason.BIRTH_AMBIGUOUS):
            parse_birth_date(written, today=TODAY)
    else:
        assert parse_birth_date(written, today=TODAY) == born


@given(
    st.one_of(
        st.text(max_size=12),
        st.from_regex(r"[0-9]{2}[/.-]([0-9]{2}|[A-Za-z]{3})[/.-][0-9]{2,4}", fullmatch=True),
        st.builds(
            "{:02}-{}-{:04}".format,
            st.integers(0, 32),
            st.sampled_from(["Jan", "feb", "JUN", "Foo"]),
            st.integers(1800, 2100),
        ),
    )
)
def test_a_date_read_by_its_places_is_what_the_long_way_reads(written: str) -> None:
    plain = BirthDates(TODAY).plain(written)
    try:
        read = parse_birth_date(written, today=TODAY)
    except NotABirthDate:
        assert plain is None
    else:
        assert plain in (None, read)


@pytest.mark.parametrize(
    ("born", "today", "age"),
    [
        (date(2010, 6, 15), date(2026, 6, 14), 15),
        (date(2010, 6, 15), date(2026, 6, 15), 16),
        (date(2012, 2, 29), date(2028, 2, 28), 15),
        (date(2012, 2, 29), date(2028, 2, 29), 16),
        (date(2012, 2, 29), date(2027, 2, 28), 14),
        (date(2012, 2, 29), date(2027, 3, 1), 15),
        (date(2026, 6, 15), date(2026, 6, 15), 0),
    ],
)
def test_somebody_is_a_year_older_on_their_birthday(born: date, today: date, age: int) -> None:
    """And on 1 March when they were born on 29 February and there is none."""
    assert age_on(born, today) == age


@given(st.dates(date(1906, 1, 1), date(2060, 1, 1)), st.dates(date(2020, 1, 1), date(2060, 1, 1)), st.integers(0, 100))
@example(date(2012, 2, 29), date(2028, 2, 29), 16)
@example(date(2011, 3, 1), date(2028, 2, 29), 17)
def test_the_latest_birth_of_an_age_agrees_with_the_age(born: date, today: date, age: int) -> None:
    assert (born <= latest_birth(age, today)) == (age_on(born, today) >= age)


def test_the_oldest_patient_is_a_hundred_and_twenty_until_the_day_is_over() -> None:
    assert parse_birth_date("01/03/1900", today=date(2020, 2, 29)) == date(1900, 3, 1)
    with pytest.raises(NotABirthDate):
        parse_birth_date("28/02/1900", today=date(2020, 2, 29))


@given(st.text(max_size=14) | st.from_regex(r"[0-9 ]{9,13}", fullmatch=True))
def test_an_nhs_number_read_in_parts_is_what_the_long_way_reads(written: str) -> None:
    plain = plain_nhs_number(written)
    try:
        read = parse_nhs_number(written)
    except NotAnNhsNumber:
        assert not plain
    else:
        assert plain in ("", read)


@pytest.mark.parametrize(
    ("written", "clean"),
    [
        ("Joe", "Joe"),
        ("  Mary \u00a0 Jane\u200b ", "Mary Jane"),
        ("JOE", "Joe"),
        ("MARY-ANN", "Mary-Ann"),
        ("O'BRIEN", "O'Brien"),
        ("asha", "Asha"),
        ("de la Cruz", "de la Cruz"),
        ("Zoe\u0308", "Zoë"),
        ("D\u2019Arcy", "D\u2019Arcy"),
        ("J.", "J."),
        ("J", "J"),
        ("St. John", "St. John"),
        ("محمد", "محمد"),
        ("आशा", "आशा"),
        ("", ""),
        ("-", ""),
        ("123", ""),
        ("😀", ""),
        ("evil.example", ""),
        ("www.evil.example/x", ""),
        ('=HYPERLINK("http://x.example")', ""),
        ("+1+1", ""),
        ("@SUM(A1)", ""),
        ("<script>", ""),
        ("{{7*7}}", ""),
        ("((firstname))", ""),
        ("%s%n", ""),
        ("${jndi:x}", ""),
        ("x" * 300, ""),
    ],
)
def test_a_text_repeats_names_and_nothing_else(written: str, clean: str) -> None:
    """Markup, formulas and addresses in a name do not get into a text (lists#names)."""
    assert clean_name(written) == clean


@given(st.text())
def test_any_text_makes_a_name_that_can_be_stored(written: str) -> None:
    name = clean_name(written)
    assert len(name) <= 100
    assert "\0" not in name
    assert name.encode().decode() == name


def test_every_reason_has_its_words() -> None:
    assert set(EXPLANATIONS) == set(Reason)
    for reason in Reason:
        explanation = explain(reason, system="EMIS", other_row=12)
        assert explanation.sentence.endswith(".")
        assert explanation.remedy.endswith(".")
        assert not explanation.title.endswith(".")
        assert "{" not in explanation.sentence
        assert len(reason) <= 30
    assert len({explanation.title for explanation in EXPLANATIONS.values()}) == len(Reason)
    assert "\u201cRIP\u201d" in explain(Reason.NAME_DECEASED, system="EMIS", mark="RIP").sentence
    assert "row 12" in explain(Reason.DUPLICATE, system="EMIS", other_row=12).sentence
