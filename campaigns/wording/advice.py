"""Gentle advice on the words of a text: the NHS rules for texts, a rule a function, none of which stops anything.

The rules are in wording#invitations. Each looks at the message as staff wrote it, with its placeholders, and
answers with one short sentence that says what to do, or with nothing. The practice's own name is left out of what most
rules look at: nobody can change it, whatever is in it.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from campaigns.wording import word_lists

_SHOWN_AT_ONCE = 3
LONGEST_SENTENCE = 25


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing that would make a text better. `rule` is its name in `RULES`; `sentence` is for staff."""

    rule: str
    sentence: str

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True, slots=True)
class Draft:
    """A message as the rules see it: as it is written, and `own`, which has neither placeholders nor the practice."""

    message: str
    practice: str
    own: str

    @classmethod
    def of(cls, message: str, practice: str) -> Self:
        """The draft of a message to a practice's patients."""
        own = re.sub(r"\{[^{}]*\}", " ", message)
        if practice:
            own = re.sub(rf"(?<!\w){re.escape(practice)}(?!\w)", " ", own, flags=re.IGNORECASE)
        return cls(message, practice, own)


_NAME_FIRST = re.compile(
    r"\s*(?:(?:dear|hello|hi|hey|hiya|good (?:morning|afternoon|evening)|annwyl|helo)[,!]? +)?"
    r"(?:(?:the )?(?:parents?|guardians?|carers?)(?: or (?:guardians?|carers?))? of )?\{name\}",
    re.IGNORECASE,
)


def _name_first(draft: Draft) -> str | None:
    if _NAME_FIRST.match(draft.message):
        return None
    return "Start with {name}, so that people who share a phone know whose text it is."


def _casual(draft: Draft) -> str | None:
    match = re.match(r"\s*(hi|hey|hiya)\b", draft.message, re.IGNORECASE)
    return f"Write “Dear” instead of “{match[1]}”." if match else None


def _practice_named(draft: Draft) -> str | None:
    named = draft.practice and draft.practice.casefold() in draft.message.casefold()
    return None if named or "{practice}" in draft.message else "Say who you are: add {practice}."


# Some messages are in Welsh, so these three look for its words too.
_ACTION = re.compile(
    r"\b(?:book|choos|pick|arrang|select|mak(?:e|ing) an appointment|[dt]refnu|archebu|bwcio)", re.IGNORECASE
)
_PURPOSE = re.compile(
    r"\b(?:app(?:ointmen)?t|vaccin|jab|injection|test|check|review|clinic|screening|scan|visit|nurse|doctor"
    r"|apwyntiad|brech|prawf|adolygiad|sgrinio)",
    re.IGNORECASE,
)
_PHONE = re.compile(
    r"\b(?:(?:tele)?phone|phoning|ring(?:ing)?|call(?:ing)?|tel|ffoni\w*)\b|\b0\d{2,4} ?\d{3,4} ?\d{3,4}\b",
    re.IGNORECASE,
)


def _action(draft: Draft) -> str | None:
    if _ACTION.search(draft.own):
        return None
    if _PHONE.search(draft.own):
        return "Do not only ask patients to phone. Say what they can do with the link, such as “book your appointment”."
    return "Say what patients can do with the link, such as “book your appointment”."


def _purpose(draft: Draft) -> str | None:
    if _PURPOSE.search(draft.own):
        return None
    return "Say what it is for in general words, such as “your yearly check”."


def _other_way(draft: Draft) -> str | None:
    if _PHONE.search(draft.own) or re.search(r"\b(?:reception|visit us|come in)\b", draft.own, re.IGNORECASE):
        return None
    return "Say what people who cannot open links can do, such as “or phone us”."


def _clinical(draft: Draft) -> str | None:
    phrases = _once(word_lists.CLINICAL.findall(draft.own))
    if not phrases:
        return None
    return f"Take out {_quoted(phrases)}: anyone may see the phone. Use general words, such as “your yearly check”."


_DETAIL = (
    r"(?:date of birth|d\.?o\.?b\b|nhs number|(?:home|your|e-?mail|new) address|post ?code|full name|bank|pass ?word"
    r"|pin\b)"
)
_ASKS = re.compile(
    rf"\b(?:repl(?:y|ying)|respond|text|send|give|tell|confirm|provide|e-?mail|quote|state)\b[^.!?\n]*?\b{_DETAIL}",
    re.IGNORECASE,
)
_DENIES = re.compile(r"\b(?:never|not|don't|won't)\b", re.IGNORECASE)
_ON_THE_PAGE = re.compile(r"\b(?:page|website|online|link|asked)\b", re.IGNORECASE)


def _personal_details(draft: Draft) -> str | None:
    for sentence in re.split(r"[!?\n]|\.(?=\s|$)", draft.own):
        if _ASKS.search(sentence) and not _DENIES.search(sentence) and not _ON_THE_PAGE.search(sentence):
            return "Do not ask for personal details in a text. Selfbook asks for the date of birth on its own page."
    return None


def _replies(draft: Draft) -> str | None:
    for match in re.finditer(
        r"\b(?:repl(?:y|ying)|text (?:us|back|yes|no)|respond to this)\b", draft.own, re.IGNORECASE
    ):
        if not _DENIES.search(draft.own[max(match.start() - 15, 0) : match.start()]):
            return "Patients may not be able to reply to this text. Ask them to use the link or to phone."
    return None


_ADDRESS = re.compile(
    r"(?<![\w@.-])(?:https?://\S+|www\.\S+"
    rf"|(?:{'|'.join(map(re.escape, word_lists.SHORTENERS))}|(?:[a-z0-9-]+\.)+"
    r"(?:uk|com|org|net|info|io|co|ly|gl|gy|gd|cc|link|wales|scot|cymru))\b(?:/\S*)?)",
    re.IGNORECASE,
)


def addresses_in(text: str) -> list[str]:
    """The web addresses of a text, once each."""
    return _once(address.rstrip(".,;:!?)") for address in _ADDRESS.findall(text))


def _other_links(draft: Draft) -> str | None:
    addresses = addresses_in(draft.own)
    if not addresses:
        return None
    hosts = (re.sub(r"^(?:https?://)?(?:www\.)?", "", address.lower()).split("/")[0] for address in addresses)
    if any(host in word_lists.SHORTENERS for host in hosts):
        return f"Take out {_quoted(addresses)}: patients cannot see where a short link leads."
    return f"Take out {_quoted(addresses)}: a second link makes it harder to see which one books."


def _abbreviations(draft: Draft) -> str | None:
    replacements = {**word_lists.advised(draft.own, word_lists.ABBREVIATIONS), **word_lists.short_dates(draft.own)}
    return f"Write it in full: {_pairs(replacements)}." if replacements else None


def _plain_language(draft: Draft) -> str | None:
    replacements = word_lists.advised(draft.own, word_lists.HEAVY_TERMS)
    return f"Use plainer words: {_pairs(replacements)}." if replacements else None


def _long_sentences(draft: Draft) -> str | None:
    text = re.sub(r"\{(?:name|practice)\}", "word", draft.message)
    sentences = re.split(r"[!?\n]|\.(?=\s|$)|\{link\}", text)
    longest = max(len(sentence.split()) for sentence in sentences)
    return f"Cut the sentence of {longest} words into shorter ones." if longest > LONGEST_SENTENCE else None


_IN_CAPITALS = re.compile(r"\b[A-Z]{4,}\b|\b[A-Z]{2,}(?: [A-Z]{2,}){2,}\b")
_ACRONYMS = frozenset({"ASAP", "STOP", "COVID", "ADHD", "COPD", "DEXA", "MMRV"})


def _shouting(draft: Draft) -> str | None:
    phrases = _once(phrase for phrase in _IN_CAPITALS.findall(draft.own) if phrase not in _ACRONYMS)
    if phrases:
        return f"Write {_quoted(phrases)} in small letters: capitals look like shouting."
    return "One exclamation mark is enough." if "!!" in draft.own else None


_ALARM = re.compile(
    r"\b(?:urgent(?:ly)?|immediately|act now|final (?:notice|warning)|last chance|warning|failure to|risk of death)\b",
    re.IGNORECASE,
)


def _alarm(draft: Draft) -> str | None:
    phrases = _once(_ALARM.findall(draft.own))
    return f"Take out {_quoted(phrases)}: it may frighten people, or look like a scam." if phrases else None


_DATES_AND_TIMES = (
    (re.compile(r"\b\d{1,2}[/.-]\d{1,2}[/.-](?:\d{2}|\d{4})\b"), "Write a date as 6 August 2027."),
    (re.compile(r"\b12(?:[:.]00)? ?(?:am|pm|noon)\b|\b(?:00|12|24):00\b", re.IGNORECASE), "Write midday or midnight."),
    (
        re.compile(r"(?<![£\w.])(?:0\d|1[3-9]|2[0-3])[:.][0-5]\d(?:am|pm)?\b|\b[0-2]\d[0-5]\d ?(?:hrs|hours)\b"),
        "Write a time as 2:30pm.",
    ),
)


def _dates_and_times(draft: Draft) -> str | None:
    return next((sentence for pattern, sentence in _DATES_AND_TIMES if pattern.search(draft.own)), None)


_LOOKALIKE = re.compile(
    r"\[[A-Za-z][\w ]{0,30}\]|\(\([\w ]{1,30}\)\)|<{1,2}[A-Za-z][\w ]{0,30}>{1,2}|%\w{2,30}%|\bX{3,}\b|_{3,}"
)


def placeholders_in(text: str) -> list[str]:
    """What looks like a placeholder of another system, once each: nobody fills it in."""
    return _once(_LOOKALIKE.findall(text))


def _lookalikes(draft: Draft) -> str | None:
    placeholders = placeholders_in(draft.own)
    if not placeholders:
        return None
    return (
        f"Patients will see {_quoted(placeholders)} as it is. Only {{name}}, {{practice}} and {{link}} are filled in."
    )


RULES: Mapping[str, Callable[[Draft], str | None]] = {
    "name_first": _name_first,
    "casual": _casual,
    "practice_named": _practice_named,
    "lookalikes": _lookalikes,
    "action": _action,
    "purpose": _purpose,
    "other_way": _other_way,
    "clinical": _clinical,
    "personal_details": _personal_details,
    "replies": _replies,
    "other_links": _other_links,
    "abbreviations": _abbreviations,
    "plain_words": _plain_language,
    "long_sentences": _long_sentences,
    "dates_and_times": _dates_and_times,
    "shouting": _shouting,
    "alarm": _alarm,
}
"""Every rule by its name, in the order in which staff read the advice: what matters most comes first."""


def advice_on(message: str, *, practice: str) -> list[Advice]:
    """What would make a cleaned message better. `practice` is the practice's name."""
    draft = Draft.of(message, practice)
    answers = ((rule, judge(draft)) for rule, judge in RULES.items())
    return [Advice(rule, sentence) for rule, sentence in answers if sentence]


def _once(phrases: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(phrases))


def _quoted(phrases: Iterable[str]) -> str:
    return " and ".join(f"“{word}”" for word in list(phrases)[:_SHOWN_AT_ONCE])


def _pairs(replacements: Mapping[str, str]) -> str:
    return ", ".join(f"“{word}” is “{full}”" for word, full in list(replacements.items())[:_SHOWN_AT_ONCE])
