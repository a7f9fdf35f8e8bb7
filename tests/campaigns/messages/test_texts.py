"""The words of a text: what staff must mend, and what each patient gets."""

import pytest
from pytest_django import Settings

from campaigns.messages import texts
from integrations.links import LINK
from integrations.messaging.text import Encoding
from practices.models import Practice

PRACTICE = Practice(name="Example Surgery")


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("Dear {name}, book now.", "Add {link}"),
        ("{link} or {link}", "Use {link} once only"),
        ("Dear {nmae}, {link}", "{nmae} is not something we can fill in"),
        ("Dear {Name}, {link}", "Write {name}, not {Name}."),
        ("Dear {NAME}, {link}", "Write {name}, not {NAME}."),
        ("Dear { name }, {link}", "Write {name}, not { name }."),
        ("Dear {name}, {Link}", "Write {link}, not {Link}."),
        ("Dear {name}, {{link}}", "Write {link}, not {{link}}."),
        ("Dear {name}, {link}}", "Write {link}, not {link}}."),
        ("Dear {first name}, {link}", "{first name} is not something we can fill in"),
        ("Dear ((name)), book now.", "Add {link}"),
        ("", "Write the message"),
        (" \n ", "Write the message"),
        ("Dear {}, {link}", "{} is not something we can fill in"),
        ("Dear {name, {link}", "There is a { or } on its own"),
        ("Dear {{name}}, {link}", "Write {name}, not {{name}}."),
        ("Dear {{{name}}}, {link}", "Write {name}, not {{{name}}}."),
        ("Dear {name}} {link}", "Write {name}, not {name}}."),
        ("Dear Ann} {link}", "There is a { or } on its own"),
        ("Book:{link}now", "Put a space before and after {link}"),
        ("Book at{link}", "Put a space before and after {link}"),
    ],
)
def test_what_must_be_mended(message: str, error: str) -> None:
    (fault,) = texts.reasons_against(message)
    assert error in fault


@pytest.mark.parametrize(
    "message",
    ["{link}", "Book: {link}.", "Book:{link}\nThank you", "({link})", "Dear {name}, {practice}, {name}: {link}"],
)
def test_messages_that_may_be_sent(message: str) -> None:
    assert texts.reasons_against(message) == []


def test_every_fault_is_told_at_once() -> None:
    assert len(texts.reasons_against("Dear {Name} {nmae} } {link} {LINK}")) == 5


def test_an_unknown_placeholder_is_named_once() -> None:
    faults = texts.reasons_against("{a} {a} {b} {link}")
    assert [sentence[:3] for sentence in faults] == ["{a}", "{b}"]


def test_placeholders_are_filled_and_the_link_waits() -> None:
    filled = texts.fill("Dear {name}, {practice}: {link} {name}", name="Asha", practice=PRACTICE)
    assert filled == f"Dear Asha, Example Surgery: {LINK} Asha"


def test_a_patient_without_a_name_is_greeted_too() -> None:
    assert texts.fill("Dear {name}", name="  ", practice=PRACTICE) == "Dear patient"


@pytest.mark.parametrize("name", ["{link}", "{practice}", "{name}", "{", "}}", "{0}", "%s", "\\1", "\\g<0>"])
def test_a_name_is_never_a_placeholder(name: str) -> None:
    filled = texts.fill("Dear {name}, {practice} {link}", name=name, practice=PRACTICE)
    shown = name.replace("{", "(").replace("}", ")")
    assert filled == f"Dear {shown}, Example Surgery {LINK}"


def test_a_practices_name_is_never_a_placeholder() -> None:
    assert (
        texts.fill("{practice} {link}", name="", practice=Practice(name="{link} Surgery")) == f"(link) Surgery {LINK}"
    )


def test_an_apostrophe_in_a_name_makes_no_text_dearer() -> None:
    practice = Practice(name="St Mary\u2019s Surgery")
    preview = texts.preview("{name} {practice} {link}", practice=practice, name="D\u2019Arcy")
    assert preview.text.startswith("D'Arcy St Mary's Surgery http")
    assert preview.measure.encoding is Encoding.GSM7


def test_letters_of_a_name_are_kept() -> None:
    assert texts.fill("{name}", name="Zo\u00eb \u0174yn", practice=PRACTICE) == "Zo\u00eb \u0174yn"


def test_the_preview_has_a_link_of_the_real_length(settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "https://book.example.nhs.uk"
    preview = texts.preview("{link}", practice=PRACTICE)
    assert len(preview.text) == len("https://book.example.nhs.uk/i/") + 22
    assert preview.measure.units == len(preview.text)


def test_too_long_is_what_the_setting_says(settings: Settings) -> None:
    message = "a" * 200 + " {link}"
    assert not texts.preview(message, practice=PRACTICE).too_long
    settings.MESSAGE_FRAGMENTS_MAX = 1
    assert texts.preview(message, practice=PRACTICE).too_long


@pytest.mark.parametrize(
    ("name", "greeted"),
    [("Siân", "Sian"), ("José", "José"), ("Łukasz", "Lukasz"), ("Þóra", "Thora"), ("علي", "patient")],
)
def test_one_name_s_letters_never_make_a_text_longer_than_allowed(name: str, greeted: str) -> None:
    practice = Practice(name="Example Surgery")
    message = "Dear {name}, " + "you can book. " * 15 + "{link}"
    whole = texts.preview(message, practice=practice, name=name)
    assert whole.text.startswith(f"Dear {greeted},")
    assert not whole.too_long


@pytest.mark.parametrize(
    ("name", "greeted"),
    [("Paweł", "Pawel"), ("Đorđe", "Dorde"), ("Œdipe", "Oedipe"), ("Zoë", "Zoe"), ("Bjørn", "Bjørn"), ("Иван", "Иван")],
)
def test_letters_that_cost_a_fragment_become_plain(name: str, greeted: str) -> None:
    message = "Dear {name}, {practice} invites you to book. Choose a time: {link}"
    whole = texts.preview(message, practice=PRACTICE, name=name)
    assert whole.text.startswith(f"Dear {greeted}, Example")
    assert whole.measure.fragments == (1 if name != greeted or name == "Bjørn" else 2)
    # A message that has such letters of its own is as dear anyway, and keeps the name's.
    welsh = texts.preview(f"\u0174 {message}", practice=PRACTICE, name=name)
    assert f"Dear {name}," in welsh.text


def test_a_practices_letters_cost_no_fragment_either_and_staff_are_told() -> None:
    welsh = Practice(name="T\u0177'r Felin")
    message = "Dear {name}, {practice} invites you to book. Choose a time that suits you: {link}"
    assert "Ty'r Felin" in texts.preview(message, practice=welsh).text
    assert "practice_letters" in [advice.rule for advice in texts.warnings(message, welsh)]
    assert "practice_letters" not in [advice.rule for advice in texts.warnings(message, PRACTICE)]


def test_the_longest_text_is_that_of_the_dearest_name() -> None:
    message = "Dear {name}, {practice} invites you to book. Choose a time: {link}"
    names = ["Ann", "Bartholomew", "Łukasz", "Иван"]
    assert texts.longest(message, practice=PRACTICE, names=names).text.startswith("Dear Иван,")
    assert texts.longest(message, practice=PRACTICE, names=names[:3]).text.startswith("Dear Bartholomew,")
    assert texts.longest(message, practice=PRACTICE, names=[]).text.startswith("Dear Joe,")


def test_a_name_that_makes_a_text_too_long_is_left_out() -> None:
    message = "Dear {name}, " + "you can book. " * 15 + "{link}"
    left_out = [name for name in ("Joe", "Łukasz", "علي") if texts.leaves_out(message, name=name, practice=PRACTICE)]
    assert left_out == ["علي"]
    assert not texts.leaves_out("Dear {name}: {link}", name="علي", practice=PRACTICE)
    assert not texts.leaves_out(message.replace("{name}", "patient"), name="علي", practice=PRACTICE)


def test_a_name_keeps_its_letters_while_they_fit() -> None:
    whole = texts.preview("Dear {name}, book: {link}", practice=Practice(name="Example Surgery"), name="Siân")
    assert whole.text.startswith("Dear Siân,")


@pytest.mark.parametrize(("length", "fragments"), [(3, 1), (4, 2), (149, 2), (150, 3)])
def test_the_longest_name_and_the_real_link_count(settings: Settings, length: int, fragments: int) -> None:
    settings.PUBLIC_BASE_URL = "https://book.example.nhs.uk"
    rest = "a" * (160 - 3 - len("https://book.example.nhs.uk/i/") - 22 - 2)
    preview = texts.preview(f"{{name}} {rest} {{link}}", practice=PRACTICE, name="B" * length)
    assert (preview.measure.units, preview.measure.fragments) == (157 + length, fragments)
    assert preview.too_long is (fragments > 2)


def test_the_fragments_of_a_batch_are_counted_with_every_name() -> None:
    message = "Dear {name}, {practice} invites you to book. " + "x" * 40 + " {link}"
    names = {
        "Ann": 3,
        "Maximilian": 2,
        "Bartholomew-Fitzgerald": 1,
        "Łukasz": 4,
        "Иван": 3,
        "": 2,
        "Joe": 1,
        "Mary-Jo": 2,
        "D'Arcy": 1,
        "Jo {": 1,
    }
    total = sum(
        texts.preview(message, practice=PRACTICE, name=name).measure.fragments * patients
        for name, patients in names.items()
    )
    assert texts.total_fragments(message, practice=PRACTICE, names=names) == total > sum(names.values())
