"""Which numbers may be sent a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.messaging.numbers import MobileFault, NotAMobile, Spelling, parse_mobile, plain_mobile

USUAL, LOST_ZERO, PREFIXED = Spelling


def read(raw: str, *, allow_test_numbers: bool = True) -> str:
    """The E.164 form, or the kind of fault."""
    try:
        return parse_mobile(raw, allow_test_numbers=allow_test_numbers).e164
    except NotAMobile as refusal:
        return refusal.kind.value


@pytest.mark.parametrize(
    ("raw", "spelling"),
    [
        ("07400123456", USUAL),
        ("07400 123456", USUAL),
        ("07400-123-456", USUAL),
        ("+447400123456", USUAL),
        ("+44 7400 123456", USUAL),
        ("7400123456", LOST_ZERO),
        ("7400 123456", LOST_ZERO),
        ("447400123456", PREFIXED),
        ("00447400123456", PREFIXED),
        ("+44 (0)7400 123456", PREFIXED),
        ("(07400) 123456", PREFIXED),
        ("+4407400123456", PREFIXED),
        ("0+447400123456", PREFIXED),
        ("0+44(0)7400123456", PREFIXED),
        ("00007400123456", PREFIXED),
        ("\ufeff+44 (0)7400\u200b 123456", PREFIXED),
        ("\u202a+44 7400\u00a0123456\u202c", USUAL),
        ("07400\u2013123456\n", USUAL),
    ],
)
def test_every_spelling_of_one_number(raw: str, spelling: Spelling) -> None:
    """A lost zero, country codes, brackets, and marks that cannot be seen (phone-numbers#spellings)."""
    mobile = parse_mobile(raw, allow_test_numbers=False)
    assert (mobile.e164, mobile.spelling, mobile.island) == ("+447400123456", spelling, False)


@pytest.mark.parametrize("raw", ["07797 712345", "07781 123456", "07624 123456", "07911 123456", "07829 712345"])
def test_the_islands_are_marked(raw: str) -> None:
    """Jersey, Guernsey and the Isle of Man."""
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
        ("0901 234 5678", MobileFault.PREMIUM),
        ("+44 909 879 0000", MobileFault.PREMIUM),
        ("0871 234 5678", MobileFault.NOT_A_MOBILE),
        ("0845 046 4700", MobileFault.NOT_A_MOBILE),
        ("07640 123456", MobileFault.NOT_A_MOBILE),
        ("07000 000000", MobileFault.PERSONAL_NUMBER),
        ("07612 345678", MobileFault.INVALID),
    ],
)
def test_what_is_refused_and_why(raw: str, kind: MobileFault) -> None:
    """Each kind has its own message."""
    assert read(raw) == kind.value


def test_made_up_numbers_only_where_they_are_allowed() -> None:
    assert read("07700 900999") == "+447700900999"
    assert read("07700 901000") == MobileFault.INVALID
    assert read("07700 900123", allow_test_numbers=False) == MobileFault.INVALID


def test_a_refusal_does_not_repeat_the_number() -> None:
    with pytest.raises(NotAMobile) as refusal:
        parse_mobile("07400 12345", allow_test_numbers=False)
    assert "12345" not in str(refusal.value) + repr(refusal.value)


@given(st.text(max_size=40) | st.text("0123456789+() -", max_size=20))
def test_anything_is_either_a_uk_mobile_or_refused(raw: str) -> None:
    outcome = read(raw)
    assert outcome in list(MobileFault) or (outcome.startswith("+447") and len(outcome) == 13)


@given(st.text(max_size=40) | st.from_regex(r"(\+44|0)? ?7[0-9 ]{9,11}", fullmatch=True))
def test_what_is_plain_is_what_the_long_way_reads(raw: str) -> None:
    plain = plain_mobile(raw)
    assert plain in ("", read(raw, allow_test_numbers=False))
    if plain:
        assert parse_mobile(raw, allow_test_numbers=False) == (plain, USUAL, False)
