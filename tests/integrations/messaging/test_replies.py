"""What patients text back, in the many ways in which they do: only its meaning counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.messaging.replies import Reply, Wish, read
from integrations.messaging.reply_words import STOP_KEYWORDS, StopWord

STOPS = {
    StopWord.STOP: [
        *(
            "stop",
            "STOP",
            "Stop.",
            " stop ",
            "STOP!!!",
            "\u201cSTOP\u201d",
            "'stop'",
            "Stop please",
            "please stop",
            "S.T.O.P.",
        ),
        *(
            "Please stop texting me",
            "stop sending me texts",
            "STOP STOP STOP",
            "stop " * 9,
            "stop \U0001f6d1",
            "sTOOOOP",
            "stpo",
        ),
        *(
            "\uff33\uff34\uff2f\uff30",
            "st\u00f3p",
            "Stop\nThank you",
            "S\u200btop",
            "ok stop",
            "Yes stop",
            "Hello stop",
        ),
        # With a signature, a greeting or a reason.
        *("Stop\nSent from my iPhone", "STOP. Regards, Joe", "Stop - Mary", "stop thanks mary", "Stop Mary Jones"),
        *("Hi, please stop. Thanks Mary", "Good morning please stop", "Dear Dr Smith please stop texting me"),
        *(
            "STOP I have moved",
            "STOP\nI moved to Leeds",
            "stop, I'm not Mary",
            "STOP my husband died",
            "Please STOP we moved",
        ),
        *("I have moved. Please stop.", "not interested stop", "i said please stop", "Stop as I have already booked"),
        *("Stop please. My mum died last week", "STOP!!!!! leave me alone", "How do I stop these texts?"),
        *(
            "Please can you stop sending these?",
            "My tablets are fine. Stop texting me",
            "Stopio os gwelwch yn dda. STOPIO",
        ),
    ],
    StopWord.PHRASE: [
        *(
            "no more texts please",
            "Don't text me",
            "don\u2019t send me any more messages",
            "Remove me",
            "cancel these texts",
        ),
        *("please remove me from your list", "I do not want your texts", "prosze nie wysylac", "dim mwy o negeseuon"),
    ],
    StopWord.STOPALL: ["stopall", "Stop all"],
    StopWord.UNSUBSCRIBE: ["Unsubscribe me", "unsubscribe me from this list please", "unsub"],
    StopWord.OPTOUT: ["opt out", "Opt-out please", "I want to opt out", "opt out of texts"],
    StopWord.END: ["END", "End\nSent from my iPhone"],
    StopWord.QUIT: ["quit"],
    StopWord.REVOKE: ["Revoke"],
}


@pytest.mark.hazard("H-16.9")
@pytest.mark.parametrize(("word", "body"), [(word, body) for word, bodies in STOPS.items() for body in bodies])
def test_no_more_texts(word: StopWord, body: str) -> None:
    reply = read(body)
    assert (reply.wish, reply.stop_word) == (Wish.STOP, word)


@pytest.mark.parametrize(
    "body",
    ["stop wrong number", "wrong number please stop", "Stop texting me, this is not Mrs Patel", "STOP. Cancel it"],
)
def test_an_opt_out_that_says_something_else_as_well(body: str) -> None:
    reply = read(body)
    assert reply.stop_word == StopWord.STOP
    assert reply.wish in (Wish.WRONG_NUMBER, Wish.CANCEL)


@pytest.mark.parametrize("body", ["START", "start", "Yes", "UNSTOP", "start please", "Start texts", "opt in"])
def test_texts_again(body: str) -> None:
    assert read(body).wish == Wish.START


CANNOT_COME = [
    *(
        "cancel my appointment",
        "Cancel.",
        "Cancel\nSent from my iPhone",
        "please cancel",
        "I need to cancel",
        "cancel it",
    ),
    *(
        "can't make it",
        "cannot attend",
        "unable to come Tuesday",
        "no longer need",
        "wont be there",
        "not coming",
        "cancle",
    ),
    *(
        "I can\u2019t make tomorrow 9.30",
        "We won't be able to attend",
        "I'm not going to be able to make it",
        "cant do",
    ),
    *(
        "cncl appt",
        "cant cum 2day",
        "cnt mke it 2moro",
        "xancel",
        "cancell",
        "\uff23\uff21\uff2e\uff23\uff25\uff2c it",
        "canceling",
    ),
    *(
        "I am too unwell to come",
        "Sorry cant make my appt",
        "i cant come in tomorrow",
        "I can t come",
        "I cannot do Tuesday",
    ),
    *(
        "Hi I have an appointment tomorrow but can not attend, sorry. Mary",
        "can you cancel my appointment?",
        "Can i cancel",
    ),
    *("I don't need the appointment anymore", "appointment no longer required", "give my slot to someone else"),
    *("Please cancel my cancer screening appointment", "I have to cancel!!", "I wont be needing the appointment"),
    *(
        "methu dod",
        "canslo os gwelwch yn dda",
        "nie mog\u0119 przyj\u015b\u0107",
        "odwo\u0142uj\u0119 wizyt\u0119",
        "nu pot veni",
    ),
    *("je ne peux pas venir", "no puedo ir", "ich kann leider nicht kommen", "nahi aa sakta", "n\u00e3o posso ir"),
]
CHANGES = ["Can I change my appointment", "reschedule please", "can I have another time?", "Is there an earlier slot"]
UNSURE = [
    *(
        "do I need to cancel?",
        "have you cancelled my appointment?",
        "don't cancel",
        "I have cancelled",
        "How do I cancel",
    ),
    *("what if I can't come?", "I'm away next week", "already had it", "I had mine done at the chemist", "cant"),
    *("cancel my prescription", "I've changed my mind", "I might not make it"),
]
WRONG_NUMBERS = [
    "wrong number",
    "Sorry wrong num",
    "this is not Mrs Patel",
    "nobody called Mary here",
    "you have the wrong person",
]


@pytest.mark.parametrize(
    ("wish", "body"),
    [
        *((Wish.CANCEL, body) for body in CANNOT_COME),
        *((Wish.CHANGE, body) for body in CHANGES),
        *((Wish.UNSURE, body) for body in UNSURE),
        *((Wish.WRONG_NUMBER, body) for body in WRONG_NUMBERS),
    ],
)
def test_what_they_say_of_coming_is_no_opt_out(wish: Wish, body: str) -> None:
    assert read(body) == Reply(wish)


@pytest.mark.parametrize(
    "body",
    [
        *(
            "",
            " ",
            "\U0001f44d",
            "0",
            "Thank you",
            "no",
            "No thanks",
            "ok",
            "Yes I will come",
            "yes please",
            "running late",
        ),
        *(
            "please stop my pain",
            "I can't stop coughing",
            "the bleeding won't stop",
            "Do I stop my tablets",
            "quit smoking",
        ),
        *(
            "my pain does not stop",
            "stop my repeat prescription",
            "Don't stop",
            "please don't stop texting me",
            "nonstop",
        ),
        *(
            "do you want me to stop the tablets",
            "stop smoking clinic",
            "STOP smoking",
            "Stop Smoking Clinic",
            "bus stop",
        ),
        *("I want it to stop", "I cant make it stop", "Hi make it stop", "the nurse told me to stop texting you"),
        *(
            "stop. my tablets make me sick",
            "why have you stopped texting me",
            "opt out of the flu jab",
            "in the end I went",
        ),
        *(
            "when can I start",
            "can't wait",
            "cancer",
            "cancer screening",
            "candle",
            "I won't be late",
            "I will be there",
        ),
        *(
            "I can't get to sleep",
            "cant get through on the phone",
            "the pain wont go",
            "change of address",
            "I can make it",
        ),
        *("my temperature can't come down", "is this the wrong number?", "what time is my appointment", "I can come"),
    ],
)
def test_anything_else_is_nothing_we_act_on(body: str) -> None:
    assert read(body) == Reply(Wish.OTHER)


def test_the_providers_own_word_counts() -> None:
    assert read("ARRET maintenant", "STOP") == Reply(Wish.STOP, StopWord.UNKNOWN, provider_acts=True)
    assert read("stop", "START") == Reply(Wish.START, provider_acts=True)
    assert read("hello", "HELP") == Reply(Wish.OTHER, provider_acts=True)
    assert read("cancel my visit", "STOP") == Reply(Wish.CANCEL, StopWord.UNKNOWN, provider_acts=True)


@pytest.mark.parametrize("word", sorted(STOP_KEYWORDS))
def test_what_the_provider_answers_by_itself(word: str) -> None:
    for body in (word, word.upper(), f" {word.title()} "):
        assert read(body).stop_word == word
        assert read(body).provider_acts
        assert read(body, "STOP") == read(body)
    assert not read(f"{word} please").provider_acts


def test_cancel_is_about_an_appointment_and_an_opt_out_only_where_the_provider_takes_it_for_one() -> None:
    assert read("CANCEL") == Reply(Wish.CANCEL, StopWord.CANCEL, provider_acts=True)
    assert read("Cancel!") == Reply(Wish.CANCEL)
    assert [read(word).provider_acts for word in ("HELP", "info", "", "stop it")] == [True, True, False, False]


@given(st.text(), st.sampled_from(["", "STOP", "START", "HELP", "odd"]))
def test_no_text_is_too_odd(body: str, acted: str) -> None:
    assert read(body, acted).wish in Wish


@pytest.mark.parametrize("piece", ["stop ", "cant be able ", "stop the ", "dont want any ", "i ", "a" * 50, "can not "])
def test_a_long_text_takes_no_time(piece: str) -> None:
    assert read(piece * 20_000).wish in Wish
