"""The nearest plain letters: what a text may spell without its letters from outside the cheap alphabet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.messaging.letters import plain_letters


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Asha", "Asha"),
        ("Paweł", "Pawel"),
        ("Łukasz", "Lukasz"),
        ("Đorđe", "Dorde"),
        ("I\u015f\u0131l", "Isil"),
        ("İsmail", "Ismail"),
        ("Ħamrun", "Hamrun"),
        ("Þóra", "Thora"),
        ("Sigríður", "Sigridur"),
        ("Œdipe", "Oedipe"),
        ("Ægir", "Aegir"),
        ("Bjørn", "Bjorn"),
        ("Ŋwa", "Nwa"),
        ("Ŧor", "Tor"),
        ("Ɓala", "Bala"),
        ("Əli", "Eli"),
        ("Ștefan", "Stefan"),
        ("Ştefan", "Stefan"),
        ("Nguyễn Thị Hương", "Nguyen Thi Huong"),
        ("Siân Ŵyn", "Sian Wyn"),
        ("Strauß", "Strauss"),
        ("Zoe\u0308", "Zoe"),
        ("\u02bbIolani", "'Iolani"),
        ("\uff2a\uff4f\uff45", "Joe"),
        ("Γιώργος", "Γιώργος"),
        ("Алёна", "Алёна"),
        ("علي", "علي"),
        ("आशा", "आशा"),
        ("王伟", "王伟"),
    ],
)
def test_the_nearest_plain_letters(written: str, plain: str) -> None:
    assert plain_letters(written) == plain


@given(st.text(st.characters(min_codepoint=0x80, max_codepoint=0x2AF) | st.characters(), max_size=20))
def test_plain_letters_stay_plain(text: str) -> None:
    plain = plain_letters(text)
    assert plain_letters(plain) == plain


@given(st.text(st.characters(min_codepoint=0xC0, max_codepoint=0x17F, exclude_characters="\u00d7\u00f7")))
def test_every_letter_of_europes_latin_alphabets_has_a_plain_form(text: str) -> None:
    assert plain_letters(text).isascii()
