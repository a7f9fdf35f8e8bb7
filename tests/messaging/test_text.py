"""What a text costs, and what is swapped in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.messaging.text import Encoding, clean, measure

EMOJI = "\N{SYRINGE}"


@pytest.mark.parametrize(
    ("text", "encoding", "fragments"),
    [
        ("", Encoding.GSM7, 0),
        ("a" * 160, Encoding.GSM7, 1),
        ("a" * 161, Encoding.GSM7, 2),
        ("a" * 306, Encoding.GSM7, 2),
        ("a" * 307, Encoding.GSM7, 3),
        ("€" * 80, Encoding.GSM7, 1),
        ("€" * 81, Encoding.GSM7, 2),
        ("a" * 69 + "\u2019", Encoding.UCS2, 1),
        ("a" * 71 + "\u2019", Encoding.UCS2, 2),
        (EMOJI * 35, Encoding.UCS2, 1),
        (EMOJI * 36, Encoding.UCS2, 2),
        ("Annwyl Siân, mae'r tŷ", Encoding.UCS2, 1),
        ("à è é ù ì ò Ç ñ ü", Encoding.GSM7, 1),
        ("line\none", Encoding.GSM7, 1),
    ],
)
def test_texts_are_counted_as_the_provider_charges(text: str, encoding: Encoding, fragments: int) -> None:
    measured = measure(text)
    assert (measured.encoding, measured.fragments) == (encoding, fragments)


@pytest.mark.parametrize("character", list("^{}\\[~]|€\f"))
def test_extension_characters_take_two_places(character: str) -> None:
    assert measure(character).units == 2


def test_a_character_of_two_units_is_never_cut_across_parts() -> None:
    # 152 places are taken, so the escape and its letter both move on; 306 units then need a third part.
    assert measure("a" * 152 + "€" + "a" * 152).fragments == 3
    assert measure("a" * 153 + "€" + "a" * 151).fragments == 2
    # The same for a surrogate pair at the end of 67.
    assert measure("ŵ" * 66 + EMOJI + "ŵ" * 66).fragments == 3
    assert measure("ŵ" * 67 + EMOJI + "ŵ" * 65).fragments == 2


@pytest.mark.parametrize(
    ("text", "left"),
    [("", 160), ("a" * 150, 10), ("a" * 160, 0), ("a" * 161, 145), ("a" * 306, 0), ("ŷ", 69), ("ŷ" * 71, 63)],
)
def test_what_is_left_in_the_fragment(text: str, left: int) -> None:
    assert measure(text).left_in_fragment == left


@given(st.text(max_size=400))
def test_fragments_hold_all_units_and_none_is_empty(text: str) -> None:
    measured = measure(text)
    alone, part = (160, 153) if measured.encoding is Encoding.GSM7 else (70, 67)
    assert (measured.fragments <= 1) == (measured.units <= alone)
    if measured.fragments > 1:
        assert measured.units <= measured.fragments * part - measured.left_in_fragment
        # At most one place is lost at the end of each part.
        assert measured.units > (measured.fragments - 1) * (part - 1)


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
    assert measure(cleaned.text).encoding is Encoding.GSM7


def test_letters_of_a_language_stay() -> None:
    assert clean("Siân Ŵyn, tŷ, Zoë, Łukasz") == clean("Siân Ŵyn, tŷ, Zoë, Łukasz")
    assert clean("ŵŷ Łukasz").text == "ŵŷ Łukasz"
    assert clean("ŵŷ Łukasz").replaced == ()


def test_line_ends_and_loose_accents_are_mended_without_a_word() -> None:
    cleaned = clean("Dear Zoe\u0308\r\nBook now\rThanks")
    assert cleaned.text == "Dear Zoë\nBook now\nThanks"
    assert cleaned.replaced == ()


def test_control_characters_go() -> None:
    assert clean("a\x00b\x07c").text == "abc"


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once = clean(text).text
    assert clean(once).text == once
    assert clean(once).replaced == ()
