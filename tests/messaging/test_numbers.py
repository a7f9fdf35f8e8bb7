"""Which numbers may be sent a text."""

import random

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.messaging.numbers import MobileFault, NotAMobile, parse_mobile


def read(raw: str, *, allow_test_numbers: bool = True) -> str:
    """The E.164 form, or the kind of fault."""
    try:
        return parse_mobile(raw, allow_test_numbers=allow_test_numbers).e164
    except NotAMobile as refusal:
        return refusal.kind.value


@pytest.mark.parametrize(
    ("raw", "normalised"),
    [
        ("07400123456", False),
        ("07400 123456", False),
        ("07400-123-456", False),
        ("+447400123456", False),
        ("+44 7400 123456", False),
        ("7400123456", True),
        ("447400123456", True),
        ("00447400123456", True),
        ("+44 (0)7400 123456", True),
        ("(07400) 123456", True),
        ("+4407400123456", True),
        ("0+447400123456", True),
        ("0+44(0)7400123456", True),
        ("00007400123456", True),
        ("\ufeff+44 (0)7400\u200b 123456", True),
        ("\u202a+44 7400\u00a0123456\u202c", False),
        ("07400\u2013123456\n", False),
    ],
)
def test_every_spelling_of_one_number(raw: str, normalised: bool) -> None:
    mobile = parse_mobile(raw, allow_test_numbers=False)
    assert (mobile.e164, mobile.normalised, mobile.island) == ("+447400123456", normalised, False)


@pytest.mark.parametrize("raw", ["07797 712345", "07781 123456", "07624 123456", "07911 123456", "07829 712345"])
def test_the_islands_are_marked(raw: str) -> None:
    assert parse_mobile(raw, allow_test_numbers=False).island


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ("", MobileFault.MISSING),
        ("  \u00a0", MobileFault.MISSING),
        ("07OO900123", MobileFault.UNKNOWN_CHARACTER),
        ("079OO900123", MobileFault.UNKNOWN_CHARACTER),
        ("tel:07400123456", MobileFault.UNKNOWN_CHARACTER),
        ("07400123456 ext 3", MobileFault.UNKNOWN_CHARACTER),
        ("7.40E+09", MobileFault.UNKNOWN_CHARACTER),
        ("740012345.0", MobileFault.UNKNOWN_CHARACTER),
        ("07400+123456", MobileFault.UNKNOWN_CHARACTER),
        ("٠٧٤٠٠١٢٣٤٥٦", MobileFault.UNKNOWN_CHARACTER),
        ("0740012345", MobileFault.TOO_SHORT),
        ("999", MobileFault.TOO_SHORT),
        ("+", MobileFault.TOO_SHORT),
        ("074001234567", MobileFault.TOO_LONG),
        ("07400123456 07400123457", MobileFault.TOO_LONG),
        ("9" * 5000, MobileFault.TOO_LONG),
        ("0113 496 0000", MobileFault.LANDLINE),
        ("020 7946 0000", MobileFault.LANDLINE),
        ("+44 20 7946 0000", MobileFault.LANDLINE),
        ("070 1234 5678", MobileFault.PERSONAL_NUMBER),
        ("+353 87 123 4567", MobileFault.NOT_UK),
        ("00353871234567", MobileFault.NOT_UK),
        ("+1 212 555 0100", MobileFault.NOT_UK),
        ("+7 740 012 3456", MobileFault.NOT_UK),
        ("0300 123 4567", MobileFault.NOT_A_MOBILE),
        ("0800 111 1111", MobileFault.NOT_A_MOBILE),
        ("056 1234 5678", MobileFault.NOT_A_MOBILE),
        ("0901 234 5678", MobileFault.NOT_A_MOBILE),
        ("07640 123456", MobileFault.NOT_A_MOBILE),
        ("07000 000000", MobileFault.PERSONAL_NUMBER),
        ("07612 345678", MobileFault.INVALID),
    ],
)
def test_what_is_refused_and_why(raw: str, kind: MobileFault) -> None:
    assert read(raw) == kind.value


def test_made_up_numbers_only_where_they_are_allowed() -> None:
    assert read("07700 900999") == "+447700900999"
    assert read("07700 901000") == MobileFault.INVALID
    assert read("07700 900123", allow_test_numbers=False) == MobileFault.INVALID


def test_a_refusal_does_not_repeat_the_number() -> None:
    with pytest.raises(NotAMobile) as refusal:
        parse_mobile("07400 12345", allow_test_numbers=False)
    assert "12345" not in str(refusal.value) + repr(refusal.value)


def test_verdicts_are_those_of_the_numbering_plan() -> None:
    chance = random.Random(7)
    for prefix in range(700_000, 800_000, 17):
        national = f"{prefix}{chance.randrange(10_000):04}"
        number = phonenumbers.PhoneNumber(country_code=44, national_number=int(national))
        wanted = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
        assert (read("0" + national, allow_test_numbers=False) == "+44" + national) is wanted, national
        if wanted:
            region = phonenumbers.region_code_for_number(number)
            mobile = parse_mobile("0" + national, allow_test_numbers=False)
            assert mobile.island == (region in ("JE", "GG", "IM")), national


@given(st.text(max_size=40) | st.text("0123456789+() -", max_size=20))
def test_anything_is_either_a_uk_mobile_or_refused(raw: str) -> None:
    outcome = read(raw)
    assert outcome in list(MobileFault) or (outcome.startswith("+447") and len(outcome) == 13)
