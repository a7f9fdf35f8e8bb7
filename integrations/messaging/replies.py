"""What patients text back: do they want no more texts, or texts again, or something that nobody here reads?

Only whole answers count. "Stop." and "please stop texting me" say stop; "my pain does not stop" does not. What else a
patient writes may be about their health: it is looked at here and never kept.
"""

import re
import unicodedata
from enum import StrEnum

from twilio.twiml.messaging_response import MessagingResponse


class Wish(StrEnum):
    """What a reply asks for."""

    STOP = "stop"
    START = "start"
    OTHER = "other"


KEYWORDS = {
    Wish.STOP: frozenset(["stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"]),
    Wish.START: frozenset(["start", "yes", "unstop"]),
}
"""The words that Twilio acts on by itself when they are all there is (wire 12.4), and answers by itself."""

_MORE = {
    Wish.STOP: frozenset(["unsub", "stopp", "stoptexts", "stoptext", "arret", "stopio"]),
    Wish.START: frozenset(["restart", "resubscribe", "optin"]),
}
# "yes" and "cancel" beside other words are about an appointment, and "end" about anything.
_ONLY_ALONE = frozenset(["yes", "cancel", "end", "revoke", "quit"])
# fmt: off
_FILLERS = frozenset([
    "a", "all", "and", "any", "anymore", "at", "contacting", "for", "from", "hello", "hi", "it", "kindly", "me",
    "message", "messages", "messaging", "more", "my", "no", "now", "number", "of", "ok", "okay", "please", "pls",
    "plz", "practice", "receiving", "send", "sending", "sms", "surgery", "text", "texting", "texts", "thank",
    "thanks", "that", "the", "them", "these", "this", "to", "txt", "txts", "us", "want", "you", "your",
])
# fmt: on
_PHRASES = {
    Wish.STOP: re.compile(
        r"(no more|do not|dont) (send (me )?(any )?(more )?)?(text|texts|txt|txts|text me|messages|messages me|"
        r"message me|sms)( me)?( please| thanks| thank you)?|(opt out|remove me|take me off)( please)?"
    ),
    Wish.START: re.compile(r"opt in( please)?"),
}
_LONGEST = 8
"""Words. Whoever writes more than that says something else as well."""


def wish_of(body: str, opt_out_type: str = "") -> Wish:
    """What a reply asks for. `opt_out_type` is the provider's own word for it, where it has one (wire 12.4)."""
    if opt_out_type.casefold() in (Wish.STOP, Wish.START):
        return Wish(opt_out_type.casefold())
    words = _words(body)
    if not words or len(words) > _LONGEST:
        return Wish.OTHER
    said = " ".join(words)
    for wish, keywords in KEYWORDS.items():
        if _PHRASES[wish].fullmatch(said) or _says(words, keywords | _MORE[wish]):
            return wish
    return Wish.OTHER


def is_keyword(body: str) -> bool:
    """Whether the provider acts on a reply, and answers it, by itself: one of its words and nothing else."""
    return body.strip().casefold() in KEYWORDS[Wish.STOP] | KEYWORDS[Wish.START]


def _says(words: list[str], keywords: frozenset[str]) -> bool:
    """Whether these words are one of the keywords, any number of times, with nothing else that means anything."""
    found = keywords.intersection(words)
    if len(words) == 1 or set(words) <= found:
        return bool(found)
    return bool(found - _ONLY_ALONE) and set(words) <= (keywords - _ONLY_ALONE) | _FILLERS


def _words(body: str) -> list[str]:
    """The words of a text in plain small letters: full-width, accented and quoted ones too, without signs and emoji."""
    plain = unicodedata.normalize("NFKD", body).casefold().replace("'", "").replace("\u2019", "")
    return re.findall(r"[a-z]+", "".join(sign for sign in plain if not unicodedata.combining(sign)))


def answer(words: str) -> str:
    """What Twilio is told to text back, in its own markup; nothing where there are no words."""
    response = MessagingResponse()
    if words:
        response.message(words)
    return str(response)
