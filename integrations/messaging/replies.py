"""What patients text back: do they want no more texts, or texts again; can they not come; or something else?

What else a patient writes may be about their health: it is looked at here and never kept. Only its meaning goes on, and
that is one of a few. The words are in `reply_words`.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import dropwhile

from integrations.messaging import reply_words as known
from integrations.messaging.reply_words import StopWord

LONGEST = 1600
"""Characters, the most that a text can have: https://www.twilio.com/docs/glossary/what-sms-character-limit"""


class Wish(StrEnum):
    """What a reply asks for, or says."""

    STOP = "stop"
    START = "start"
    CANCEL = "cancel"
    """They cannot come, or do not want their appointment any more."""
    CHANGE = "change"
    """They want another time."""
    UNSURE = "unsure"
    """It is about coming or not, and which of them is not clear."""
    WRONG_NUMBER = "wrong_number"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Reply:
    """The meaning of a text. It may ask for no more texts, by `stop_word`, and say something else as well.

    `provider_acts`: the text service has done what the word asks for by itself, and answers by itself.
    """

    wish: Wish
    stop_word: StopWord | None = None
    provider_acts: bool = False


@dataclass(frozen=True, slots=True)
class _Part:
    """A sentence, or a part of one between commas: as written, and its words as they are compared."""

    raw: str
    words: Sequence[str]
    is_question: bool

    @property
    def text(self) -> str:
        return " ".join(self.words)


def read(body: str, acted: str = "", acts_on: Collection[str] = known.KEYWORDS) -> Reply:
    """The meaning of a text. `acted` is the provider's own word for what it did, where it has one.

    `acts_on` are the texts, in small letters, on which it always acts and answers by itself: usually all keywords.
    """
    alone, acted = body.strip().casefold(), acted.casefold()
    by_itself = bool(acted) or alone in acts_on
    if acted == Wish.START:
        return Reply(Wish.START, provider_acts=True)
    sentences, parts = _parts(body, ".!?\n"), _parts(body, ".!?\n,;:()")
    stop_word = _stop_word(sentences, parts)
    if stop_word is None and acted == Wish.STOP:
        stop_word = StopWord.UNKNOWN
    if stop_word == StopWord.CANCEL and not by_itself:
        stop_word = None  # by anybody but the text service it is taken for what it says
    wish = _about_coming(sentences)
    if wish is None:
        wish = Wish.STOP if stop_word else Wish.START if _says_start(parts) else Wish.OTHER
    return Reply(wish, stop_word, by_itself)


# How a text is taken apart.

_APOSTROPHES = str.maketrans(dict.fromkeys("'\u2018\u2019\u02bc\u0060\u00b4\u2032\uff07\u200b\u00ad", ""))
_WITHOUT_A_PLAIN_FORM = str.maketrans({"\u0142": "l", "\u0131": "i", "\u00f8": "o", "\u0111": "d"})
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_JOINED = re.compile(rf"\b(?:{'|'.join(known.JOINED)})\b")


def _parts(body: str, ends: str) -> list[_Part]:
    """The parts of a text between these signs. Every part of a sentence that ends in ? is a question."""
    seen = unicodedata.normalize("NFKC", body[:LONGEST].translate(_APOSTROPHES))
    seen = re.sub(r"\s[-\u2013\u2014]+\s|\r|\u2028", "\n", seen)
    parts = []
    for sentence, end in re.findall(r"([^.!?\n]+)([.!?\n]*)", seen):
        for raw in re.split(f"[{re.escape(ends)}]", sentence):
            if tokens := _tokenise(raw):
                parts.append(_Part(raw, tokens, "?" in end))
    return parts


def _tokenise(raw: str) -> list[str]:
    """The words of a text in plain small letters, without accents, signs, emoji and numbers, as they are spelt."""
    plain = unicodedata.normalize("NFKD", raw.casefold().translate(_WITHOUT_A_PLAIN_FORM))
    letters = _STRETCHED.sub(r"\1", "".join(sign for sign in plain if not unicodedata.combining(sign)))
    spelt = " ".join(known.SPELLINGS.get(word, word) for word in re.findall(r"[a-z0-9]+", letters))
    joined = _JOINED.sub(lambda pair: known.JOINED[pair[0]], spelt)
    return [word for word in joined.split() if not word.isdecimal()]


def _core(tokens: Sequence[str]) -> list[str]:
    """The words without a greeting before them and a signature behind them."""
    start = 0
    while start < len(tokens) and tokens[start] in known.GREETINGS:
        start += 1
    if start and start < len(tokens):
        start += 2 if tokens[start] in known.TITLES else int(tokens[start] in known.ADDRESSED)
    core = list(tokens[start:])
    for place, word in enumerate(core):
        if place and word in known.CLOSINGS and len(core) - place <= 5:
            return core[:place]
    return core


def _unsigned(parts: Sequence[_Part]) -> Iterator[list[str]]:
    """The parts of a text without greeting and signature, and without lines that are nothing else."""
    signed = False
    for part in parts:
        core = _core(part.words)
        signed = signed or (bool(core) and core[0] in known.CLOSINGS)
        if core and not (signed and len(core) <= 4):
            yield core


# Texts, or no more texts.


def _stop_word(sentences: Sequence[_Part], parts: Sequence[_Part]) -> StopWord | None:
    """By which word a text asks for no more texts; None where it does not."""
    everything = [word for part in parts for word in part.words]
    spelt_out = "".join(everything) if all(len(word) == 1 for word in everything) else ""
    if spelt_out in known.STOP_KEYWORDS:
        return StopWord(spelt_out)
    unsigned = list(_unsigned(parts))
    whole = [word for core in unsigned for word in core]
    if word := _asks_to_stop(whole) or _asks_to_stop(everything) or _stop_phrase(sentences):
        return word
    if known.ABOUT_CARE.intersection(everything):
        return None
    for core in unsigned:
        if len(unsigned) > 1 and (word := _asks_to_stop(core)) and word not in known.ONLY_ALONE:
            return word
    return _stop_with_reason(sentences[0]) if sentences else None


def _asks_to_stop(tokens: Sequence[str]) -> StopWord | None:
    """The stop word that these words are, any number of times, with nothing else that means anything."""
    stops = [known.ALSO_STOP.get(word, word) for word in tokens]
    matches = [word for word in stops if word in known.STOP_KEYWORDS]
    if not matches or not _says(stops, known.STOP_KEYWORDS):
        return None
    return StopWord(next((word for word in matches if word not in known.ONLY_ALONE), matches[0]))


def _says_start(parts: Sequence[_Part]) -> bool:
    tokens = [word for part in parts for word in part.words]
    return _says(tokens, known.START_KEYWORDS | known.ALSO_START) or bool(known.START_PHRASES.match(" ".join(tokens)))


def _says(tokens: Sequence[str], keywords: frozenset[str]) -> bool:
    """Whether these words are some of the keywords, and else only fillers."""
    matches = keywords.intersection(tokens)
    if len(tokens) == 1 or set(tokens) <= matches:
        return bool(matches)
    return bool(matches - known.ONLY_ALONE) and set(tokens) <= (keywords - known.ONLY_ALONE) | known.FILLERS


def _stop_phrase(sentences: Sequence[_Part]) -> StopWord | None:
    """The stop word of a phrase that can only be about texts, wherever it stands."""
    for part in sentences:
        for match in known.STOP_PHRASES.finditer(part.text):
            if not known.NOT_TO_STOP.search(part.text[: match.start()]):
                tokens = [known.ALSO_STOP.get(word, word) for word in match[0].split()]
                return StopWord(next((w for w in tokens if w in known.STOP_KEYWORDS and w != "cancel"), "phrase"))
    return None


def _stop_with_reason(first: _Part) -> StopWord | None:
    """The stop word that a text begins or ends with, if all else is a reason or a name, or the word is in capitals."""
    core = _core(first.words)
    core = core[1:] if core[:1] == ["please"] else core
    stops = [known.ALSO_STOP.get(word, word) for word in core]
    if first.is_question or not stops:
        return None
    if stops[0] not in known.STOP_KEYWORDS - known.ONLY_ALONE:
        last = known.STOP_AT_THE_END.match(" ".join(stops)) if known.REASON.match(" ".join(stops)) else None
        return StopWord.STOP if last and last[1] not in known.BEFORE_ANOTHER_STOP else None
    rest = " ".join(dropwhile(stops[0].__eq__, stops))
    written = re.findall(r"[^\W\d_]+", first.raw)
    shouted = not {"STOP", "STOPALL"}.isdisjoint(written[:2]) and not first.raw.isupper()
    named = 1 < len(written) <= 4 and all(name.istitle() for name in written[1:])
    return StopWord(stops[0]) if shouted or named or known.REASON.match(rest) else None


# The appointment.


def _about_coming(sentences: Sequence[_Part]) -> Wish | None:
    """The plainest of what the sentences say of coming; None where they say nothing of it."""
    wishes = {wish for part in sentences for wish in _of_sentence(part)}
    order = (Wish.CANCEL, Wish.CHANGE, Wish.WRONG_NUMBER, Wish.UNSURE)
    return next((wish for wish in order if wish in wishes), None)


def _of_sentence(part: _Part) -> Iterator[Wish]:
    text = " ".join(known.STOP_PHRASES.sub(" ", part.text).split())
    asks_whether = bool(known.ASKS_WHETHER.match(text))
    asks = asks_whether or (part.is_question and not known.ASKS_FOR_IT.search(text))
    if cancel := next((word for word in text.split() if _is_cancel(word)), ""):
        before = text[: text.index(cancel)]
        about_care = known.ABOUT_CARE.intersection(part.words) and "appointment" not in part.words
        done = cancel.endswith("ed") and not known.ASKS_FOR_IT.search(before)
        yield Wish.UNSURE if asks or done or about_care or known.NEGATED.search(before) else Wish.CANCEL
    if known.CANNOT_COME.search(text):
        yield Wish.UNSURE if asks else Wish.CANCEL
    if known.CHANGE.search(text):
        yield Wish.CHANGE
    if known.UNSURE.search(text):
        yield Wish.UNSURE
    if known.WRONG_NUMBER.search(text) and not part.is_question:
        yield Wish.WRONG_NUMBER


def _is_cancel(word: str) -> bool:
    if word in known.NOT_CANCEL:
        return False
    return word.startswith(known.CANCEL_BEGINNINGS) or any(_is_slip(word, meant) for meant in known.CANCEL_SLIPS)


def _is_slip(word: str, meant: str) -> bool:
    """Whether a word is another with one letter missing, added or wrong, or two next to each other swapped."""
    if abs(len(word) - len(meant)) > 1:
        return False
    start = next(
        (place for place, (a, b) in enumerate(zip(word, meant, strict=False)) if a != b), min(len(word), len(meant))
    )
    left, right = word[start:], meant[start:]
    swapped = len(left) > 1 and left[:2] == right[1::-1] and left[2:] == right[2:]
    return swapped or left[1:] in (right, right[1:]) or left == right[1:]
