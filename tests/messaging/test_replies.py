"""What patients text back, in the many ways in which they do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.messaging.replies import KEYWORDS, Wish, is_keyword, wish_of


@pytest.mark.parametrize(
    "body",
    [
        *(word for word in sorted(KEYWORDS[Wish.STOP])),
        *(word.upper() for word in sorted(KEYWORDS[Wish.STOP])),
        "Stop.",
        " stop ",
        "STOP!!!",
        "“STOP”",
        "'stop'",
        "Stop please",
        "please stop",
        "Please stop texting me",
        "stop sending me texts",
        "STOP STOP STOP",
        "Stop all",
        "stop \U0001f6d1",
        "\uff33\uff34\uff2f\uff30",
        "st\u00f3p",
        "Stop\nThank you",
        "S\u200btop".replace("\u200b", ""),
        "opt out",
        "Opt-out please",
        "no more texts please",
        "Don't text me",
        "don\u2019t send me any more messages",
        "Remove me",
        "Unsubscribe me",
    ],
)
def test_no_more_texts(body: str) -> None:
    assert wish_of(body) == Wish.STOP


@pytest.mark.parametrize("body", ["START", "start", "Yes", "UNSTOP", "start please", "Start texts", "opt in"])
def test_texts_again(body: str) -> None:
    assert wish_of(body) == Wish.START


@pytest.mark.parametrize(
    "body",
    [
        "",
        " ",
        "\U0001f44d",
        "0",
        "Thank you",
        "no",
        "No thanks",
        "please stop my pain",
        "I can't stop coughing",
        "the bleeding won't stop",
        "Do I stop my tablets",
        "do you want me to stop the tablets",
        "Yes I will come",
        "yes please",
        "cancel my appointment",
        "please cancel",
        "in the end I went",
        "when can I start",
        "stop smoking clinic",
        "bus stop",
        "nonstop",
        "stop " * 9,
    ],
)
def test_anything_else_is_nothing_we_act_on(body: str) -> None:
    assert wish_of(body) == Wish.OTHER


def test_the_providers_own_word_counts() -> None:
    assert wish_of("ARRET", "STOP") == Wish.STOP
    assert wish_of("stop", "START") == Wish.START
    assert wish_of("hello", "HELP") == Wish.OTHER


def test_what_the_provider_answers_by_itself() -> None:
    assert is_keyword(" Stop ")
    assert not is_keyword("stop please")
    assert not is_keyword("")


@given(st.text())
def test_no_text_is_too_odd(body: str) -> None:
    assert wish_of(body) in Wish
    assert is_keyword(body) in (True, False)
