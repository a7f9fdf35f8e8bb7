"""What a text costs, and what is swapped in it."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from integrations.messaging.text import Encoding, clean, measure, outside_gsm

EMOJI = "\N{SYRINGE}"
GSM7, UCS2 = Encoding.GSM7, Encoding.UCS2

# Text, encoding, units, fragments. The first ten are the published vectors (text-messages#sizes).
VECTORS = {
    "160 letters": ("a" * 160, GSM7, 160, 1),
    "161 letters": ("a" * 161, GSM7, 161, 2),
    "306 letters": ("a" * 306, GSM7, 306, 2),
    "307 letters": ("a" * 307, GSM7, 307, 3),
    "80 euro signs": ("€" * 80, GSM7, 160, 1),
    "81 euro signs": ("€" * 81, GSM7, 162, 2),
    "69 letters and a curly quote": ("a" * 69 + "\u2019", UCS2, 70, 1),
    "71 letters and a curly quote": ("a" * 71 + "\u2019", UCS2, 72, 2),
    "35 emoji": (EMOJI * 35, UCS2, 70, 1),
    "36 emoji": (EMOJI * 36, UCS2, 72, 2),
    "nothing": ("", GSM7, 0, 0),
    "459 letters": ("a" * 459, GSM7, 459, 3),
    "460 letters": ("a" * 460, GSM7, 460, 4),
    "918 letters": ("a" * 918, GSM7, 918, 6),
    "70 outside": ("ŵ" * 70, UCS2, 70, 1),
    "71 outside": ("ŵ" * 71, UCS2, 71, 2),
    "134 outside": ("ŵ" * 134, UCS2, 134, 2),
    "135 outside": ("ŵ" * 135, UCS2, 135, 3),
    "one outside, 70 in all": ("a" * 69 + "ŷ", UCS2, 70, 1),
    "one outside, 71 in all": ("a" * 70 + "ŷ", UCS2, 71, 2),
    "extension makes 160": ("a" * 158 + "€", GSM7, 160, 1),
    "extension over 160": ("a" * 159 + "€", GSM7, 161, 2),
    # 152 places are taken, so the escape and its letter both move on; 306 units then need a third part.
    "extension across the parts": ("a" * 152 + "€" + "a" * 152, GSM7, 306, 3),
    "extension just before the parts meet": ("a" * 151 + "€" + "a" * 153, GSM7, 306, 2),
    "extension just after the parts meet": ("a" * 153 + "€" + "a" * 151, GSM7, 306, 2),
    "a whole text of extensions": ("{}" * 76 + "[", GSM7, 306, 3),
    "pair across the parts": ("ŵ" * 66 + EMOJI + "ŵ" * 66, UCS2, 134, 3),
    "pair just after the parts meet": ("ŵ" * 67 + EMOJI + "ŵ" * 65, UCS2, 134, 2),
    "emoji with a skin tone": ("\N{WAVING HAND SIGN}\U0001f3fd", UCS2, 4, 1),
    "a family of emoji": ("\U0001f468\u200d\U0001f469\u200d\U0001f467", UCS2, 8, 1),
    "a flag": ("\U0001f1ec\U0001f1e7", UCS2, 4, 1),
    "a loose accent": ("e\u0301", UCS2, 2, 1),
    "a joined accent": ("\u00e9", GSM7, 1, 1),
    "Welsh": ("Annwyl Siân, mae'r tŷ", UCS2, 21, 1),
    "accents of the alphabet": ("à è é ù ì ò Ç ñ ü", GSM7, 17, 1),
    "accents outside it": ("â", UCS2, 1, 1),
    "Greek capitals of the alphabet": ("ΔΦΓΛΩΠΨΣΘΞ", GSM7, 10, 1),
    "a Greek capital outside it": ("\u0391", UCS2, 1, 1),
    "a line end": ("line\none", GSM7, 8, 1),
    "signs that have a place": ("@£$¥§¿¡¤_&#%'\"", GSM7, 14, 1),
    "a backtick": ("`", UCS2, 1, 1),
}


@pytest.mark.parametrize(("text", "encoding", "units", "fragments"), VECTORS.values(), ids=VECTORS)
def test_texts_are_counted_as_the_provider_charges(text: str, encoding: Encoding, units: int, fragments: int) -> None:
    measured = measure(text)
    assert (measured.encoding, measured.units, measured.fragments) == (encoding, units, fragments)


@pytest.mark.parametrize("character", list("^{}\\[~]|€\f"))
def test_extension_characters_take_two_places(character: str) -> None:
    assert measure(character).units == 2


@given(st.text(max_size=400))
def test_fragments_hold_all_units_and_none_is_empty(text: str) -> None:
    measured = measure(text)
    alone, part = (160, 153) if measured.encoding is GSM7 else (70, 67)
    assert (measured.fragments <= 1) == (measured.units <= alone)
    if measured.fragments > 1:
        assert measured.units <= measured.fragments * part
        # At most one place is lost at the end of each part.
        assert measured.units > (measured.fragments - 1) * (part - 1)


@given(st.text(max_size=100))
def test_a_text_is_dear_exactly_when_a_character_is_outside_the_alphabet(text: str) -> None:
    assert bool(outside_gsm(text)) is (measure(text).encoding is UCS2)


def test_the_characters_that_make_a_text_dear_are_named_once_each() -> None:
    assert outside_gsm("tŷ a tŷ, \u201cŵ\u201d €") == ("ŷ", "\u201c", "ŵ", "\u201d")


def test_word_processor_characters_become_plain_and_are_reported_once_each() -> None:
    cleaned = clean("\u201cIt\u2019s\u00a0time\u201d \u2013 don\u2019t wait\u2026\tbook\u200b now")
    assert cleaned.text == "\"It's time\" - don't wait... book now"
    assert cleaned.replaced == (
        ("\u201c", '"'),
        ("\u2019", "'"),
        ("\u00a0", " "),
        ("\u201d", '"'),
        ("\u2013", "-"),
        ("\u2026", "..."),
        ("\t", " "),
        ("\u200b", ""),
    )
    assert measure(cleaned.text).encoding is GSM7


@pytest.mark.parametrize(
    ("characters", "plain"),
    [
        ("\u2018\u2019\u201a\u201b\u2032\u2039\u203a\u00b4`\u02bc", "'"),
        ("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        ("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        ("\u2022\u2023\u2043\u25aa\u25cf\u25e6\u00b7\uf0b7", "-"),
        ("\t\u00a0\u2002\u2003\u2007\u2009\u200a\u202f\u205f\u3000", " "),
        ("\v\f\u0085\u2028\u2029", "\n"),
        ("\u2026", "..."),
        ("\u2044", "/"),
        ("\u00ad\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202c\u2060\u2069\ufeff\ufffc", ""),
        ("\x00\x07\x1b\x7f\x9f", ""),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_every_typographic_character_has_a_plain_one_and_is_reported(characters: str, plain: str) -> None:
    for character in characters:
        cleaned = clean(f"a{character}b")
        assert cleaned.text == f"a{plain}b", ascii(character)
        assert cleaned.replaced == ((character, plain),)
        assert measure(cleaned.text).encoding is GSM7


def test_what_was_changed_is_told_so_that_it_can_be_seen() -> None:
    cleaned = clean("\u201cSee\u00a0you\u201d\u2026\u2003\u200bnow\ufeff\u2028")
    assert cleaned.told == (
        'We changed \u201c to "',
        "We changed an unusual space to a plain one.",
        'We changed \u201d to "',
        "We changed \u2026 to ...",
        "We took out a hidden character.",
        "We changed an unusual line end to a plain one.",
    )
    assert clean("See you").told == ()


@pytest.mark.parametrize(
    "text",
    [
        "Siân Ŵyn, tŷ, Zoë, Łukasz",
        "£5 @ 9:30am, 50% [off] {name} ~ ^ | \\ € é",
        "½ ² \u00d7 ° © ™ №",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f\u200d\U0001f525",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian, with the joiner that its spelling wants
        "\u0915\u094d\u200d\u0937",  # Hindi
        "line\none",
    ],
    ids=ascii,
)
def test_letters_signs_and_emoji_stay_as_they_are(text: str) -> None:
    cleaned = clean(text)
    assert (cleaned.text, cleaned.replaced) == (text, ())


def test_line_ends_and_loose_accents_are_mended_without_a_word() -> None:
    cleaned = clean("Dear Zoe\u0308\r\nBook now\rThanks")
    assert cleaned.text == "Dear Zoë\nBook now\nThanks"
    assert cleaned.replaced == ()


@given(st.text())
@example("e\u200b\u0308")
@example("e\u200d\u0308\u200d\u0905")
@example("\u0905\u200d\u200b\u200da")
@example("\u1fef\u037e\u2000")
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once = clean(text).text
    assert clean(once).text == once
    assert clean(once).replaced == ()


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_nothing_changes_that_is_not_reported(text: str) -> None:
    cleaned = clean(text)
    if not cleaned.replaced:
        plain = text.replace("\r\n", "\n").replace("\r", "\n")
        assert cleaned.text == unicodedata.normalize("NFC", plain)


def test_half_of_a_surrogate_pair_goes() -> None:
    assert clean("a\ud83db").text == "ab"
