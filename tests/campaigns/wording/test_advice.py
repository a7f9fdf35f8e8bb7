"""Gentle advice on a text: every rule speaks when it should, and is silent when it should."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pytest_django import Settings

from campaigns.messages import shared_templates, texts
from campaigns.wording.advice import RULES, advice_on
from practices.models import Practice

PRACTICE = Practice(name="Elm Surgery")
GOOD = "Dear {name}, please book your yearly check at {practice}: {link} Or phone us."

# Rule, a message that breaks it and no other, what is said.
HITS = [
    ("name_first", "From {practice}: {name}, please book your yearly check: {link} Or phone us.", "Start with {name}"),
    ("name_first", "Dear patient, please book your check at {practice}: {link} Or phone us.", "Start with {name}"),
    ("casual", "Hi {name}, please book your check at {practice}: {link} Or phone us.", "“Dear” instead of “Hi”"),
    ("casual", "hey {name}, please book your check at {practice}: {link} Or phone us.", "instead of “hey”"),
    ("practice_named", "Dear {name}, please book your yearly check: {link} Or phone us.", "add {practice}"),
    ("practice_named", "Dear {name}, book a check at the surgery: {link} Or phone us.", "add {practice}"),
    ("lookalikes", "Dear {name}, book your [appointment] at {practice}: {link} Or phone us.", "“[appointment]”"),
    ("lookalikes", "Dear {name}, book your check with ((nurse)) at {practice}: {link} Or phone us.", "“((nurse))”"),
    ("lookalikes", "Dear {name}, book your check with <<Nurse>> at {practice}: {link} Or phone us.", "“<<Nurse>>”"),
    ("lookalikes", "Dear {name}, book your check by XXX at {practice}: {link} Or phone us.", "“XXX”"),
    ("action", "Dear {name}, please ring us at {practice} about your yearly check. {link}", "Do not only ask"),
    (
        "action",
        "Dear {name}, your yearly check at {practice} is due: {link} Or see reception.",
        "Say what patients can do",
    ),
    ("purpose", "Dear {name}, please book now at {practice}: {link} Or phone us.", "Say what it is for"),
    ("other_way", "Dear {name}, please book your yearly check at {practice}: {link}", "cannot open links"),
    ("clinical", "Dear {name}, book your diabetes check at {practice}: {link} Or phone us.", "“diabetes”"),
    (
        "clinical",
        "Dear {name}, book your COPD or Asthma check at {practice}: {link} Or phone us.",
        "“COPD” and “Asthma”",
    ),
    ("clinical", "Dear {name}, book your smear test at {practice}: {link} Or phone us.", "“smear”"),
    (
        "personal_details",
        "Dear {name}, book a check at {practice}: {link} Or phone us and give your date of birth.",
        "Do not ask for personal details",
    ),
    (
        "personal_details",
        "Dear {name}, book a check at {practice}: {link} Or phone us. Confirm your home address first.",
        "Do not ask for personal details",
    ),
    ("replies", "Dear {name}, book a check at {practice}: {link} Or phone us. Reply YES to come.", "able to reply"),
    ("other_links", GOOD + " See www.nhs.uk/flu.", "“www.nhs.uk/flu”"),
    ("other_links", GOOD + " More: https://elm.example.org/a?b=c", "a second link"),
    ("other_links", GOOD + " elmsurgery.co.uk", "“elmsurgery.co.uk”"),
    ("other_links", GOOD + " More: bit.ly/abc123.", "where a short link leads"),
    ("other_links", GOOD + " More: https://tinyurl.com/abc", "where a short link leads"),
    (
        "abbreviations",
        "Dear {name}, please book your appt at {practice}: {link} Or phone us.",
        "“appt” is “appointment”",
    ),
    ("abbreviations", "Dear {name}, book a Dr's visit at {practice}: {link} Or phone us.", "“Dr's” is “doctors”"),
    ("abbreviations", GOOD + " We open Mon to Fri.", "“Mon” is “Monday”, “Fri” is “Friday”"),
    ("abbreviations", GOOD + " Clinics end on 3 Feb.", "“Feb” is “February”"),
    ("abbreviations", GOOD + " Clinics end in Jan.", "“Jan” is “January”"),
    ("abbreviations", GOOD + " Clinics end Oct 12.", "“Oct” is “October”"),
    ("abbreviations", GOOD + " It takes 20 mins.", "“mins” is “minutes”"),
    ("abbreviations", GOOD + " The link works for 24hrs.", "“hrs” is “hours”"),
    ("abbreviations", GOOD + " It is w/c 4 August.", "“w/c” is “the week starting”"),
    (
        "plain_words",
        "Dear {name}, book to attend your check at {practice}: {link} Or phone us.",
        "“attend” is “come to”",
    ),
    ("plain_words", GOOD + " Kindly do so prior to Friday.", "“Kindly” is “please”, “prior to” is “before”"),
    ("plain_words", GOOD + " This SMS is for you.", "“SMS” is “text message”"),
    (
        "long_sentences",
        GOOD + " We are asking everyone who has not been seen for more than a year to come in and see one of our team "
        "before the end of the month if they can.",
        "Cut the sentence of 32 words",
    ),
    ("dates_and_times", GOOD + " Book by 04/08/2027.", "Write a date as"),
    ("dates_and_times", GOOD + " We open at 14:30.", "Write a time as"),
    ("dates_and_times", GOOD + " We open at 1430hrs.", "Write a time as"),
    ("dates_and_times", GOOD + " We close at 12pm.", "Write midday or midnight"),
    ("shouting", GOOD + " PLEASE come.", "“PLEASE” in small letters"),
    ("shouting", GOOD + " DO NOT WAIT", "small letters"),
    ("shouting", GOOD + " Thank you!!", "One exclamation mark"),
    ("alarm", "Dear {name}, urgent: book your check at {practice}: {link} Or phone us.", "“urgent”"),
    ("alarm", GOOD + " This is your last chance.", "“last chance”"),
]

SILENT = [
    GOOD,
    "{name}, you can now book your flu vaccination at Elm Surgery. Choose a time: {link} Cannot open it? Ring us.",
    "dear {name}, book your check at ELM SURGERY: {link} Or ring us.",
    "Good morning {name}, book your check at {practice}: {link} Or call 01632 960000.",
    "Dear parent or carer of {name}, book your child's check at {practice}: {link} Or phone us.",
    "Annwyl {name}, gallwch nawr drefnu eich brechiad yn {practice}: {link} Neu ffoniwch ni.",
    GOOD + " Please do not reply to this text.",
    GOOD + " We will never ask you to send your bank details.",
    GOOD + " You will be asked to confirm your date of birth.",
    GOOD + " Or write to reception@elm.example.nhs.uk",
    GOOD + " Jan and Mark are our nurses. Mar will help too.",
    GOOD + " She sat in the sun in March 2027.",
    GOOD + " It is on Monday 6 August 2027 at 5:30pm, room 12.5, and costs £13.50.",
    GOOD + " You are due your COVID-19 and MMR vaccination. The NHS asks that you come in 2027.",
    GOOD + " Phone 0113 496 0000 or 01632 960123.",
    GOOD + " Thank you! See you soon.",
    GOOD + "\nWe look forward to seeing you.\nElm Surgery",
    GOOD + " If you would like to talk first, phone 01632 960000 and ask for the practice nurse. "
    "We are happy to help you and to answer what you want to know.",
]


def test_a_good_message_needs_no_advice() -> None:
    assert advice_on(GOOD, practice="Elm Surgery") == []


@pytest.mark.parametrize(("rule", "message", "sentence"), HITS)
def test_each_rule_speaks_alone_and_says_what_to_do(rule: str, message: str, sentence: str) -> None:
    (hint,) = advice_on(message, practice="Elm Surgery")
    assert hint.rule == rule
    assert sentence in hint.sentence
    assert str(hint) == hint.sentence
    assert hint.sentence.endswith(".")
    assert len(hint.sentence) <= 160


@pytest.mark.parametrize("message", SILENT)
def test_no_rule_raises_a_false_alarm(message: str) -> None:
    assert advice_on(message, practice="Elm Surgery") == []


def test_every_rule_is_tested() -> None:
    assert {rule for rule, _, _ in HITS} == set(RULES)


@given(st.text(max_size=300))
@example("{" * 300)
@example("{link}" * 50)
@example("text us " * 40)
def test_any_words_at_all_are_read_without_a_stumble(message: str) -> None:
    assert {advice.rule for advice in advice_on(message, practice=message[:5])} <= set(RULES)


@pytest.mark.parametrize("name", ["Dr Mon's BREAST Clinic (nhs.uk)", "Urgent Tel+ [Surgery] DOB"])
def test_nobody_is_told_to_change_the_practice_s_name(name: str) -> None:
    assert advice_on(GOOD.replace("{practice}", name), practice=name) == []


def test_a_practice_s_name_is_found_only_as_whole_words() -> None:
    message = "Dear {name}, please book your asthmatic check at Asthma: {link} Or phone us."
    assert advice_on(message, practice="Asthma") == []


def test_much_advice_begins_with_what_matters_most() -> None:
    hints = advice_on("Hi, ring us asap re your COPD appt!! DOB needed", practice="Elm Surgery")
    assert [advice.rule for advice in hints] == [
        *("name_first", "casual", "practice_named", "action", "clinical", "abbreviations", "shouting"),
    ]


@pytest.mark.parametrize("template", shared_templates.TEMPLATES, ids=lambda words: words.name)
def test_the_templates_that_come_with_the_product_need_no_advice(
    template: shared_templates.SharedTemplate, settings: Settings
) -> None:
    settings.PUBLIC_BASE_URL = "https://elm.example"
    assert texts.warnings(template.body, PRACTICE) == []


def test_an_unwritten_message_gets_no_advice() -> None:
    assert texts.warnings("", PRACTICE) == texts.warnings(" \n", PRACTICE) == []


@pytest.mark.parametrize(
    ("extra", "sentence"), [(100, "takes 2 fragments and costs twice"), (260, "takes 3 fragments and costs 3 times")]
)
def test_more_than_one_fragment_is_told_with_its_price(settings: Settings, extra: int, sentence: str) -> None:
    settings.PUBLIC_BASE_URL = "https://elm.example"
    message = GOOD + " We open." * (extra // 9)
    (warning,) = texts.warnings(message, PRACTICE)
    assert warning.rule == "fragments"
    assert sentence in warning.sentence


def test_characters_that_make_a_text_dear_are_named(settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "https://elm.example"
    dear, fragments = texts.warnings(GOOD + " Wela i chi yn y tŷ \N{SMILING FACE WITH SMILING EYES}", PRACTICE)
    assert (dear.rule, fragments.rule) == ("dear_characters", "fragments")
    assert "dearer: ŷ \N{SMILING FACE WITH SMILING EYES} " in dear.sentence


def test_a_curly_quote_in_the_practice_s_name_is_no_dear_character(settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "https://elm.example"
    assert texts.warnings(GOOD, Practice(name="St Mary\u2019s Surgery")) == []
    assert (
        texts.warnings(GOOD.replace("{practice}", "St Mary's surgery"), Practice(name="St Mary\u2019s Surgery")) == []
    )
