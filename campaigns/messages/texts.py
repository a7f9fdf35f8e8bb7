"""The words of a text: placeholders, what is wrong with them, what would be better, and how long the longest gets.

For pages: what `reasons_against` gives must be mended before a message may be sent, `warnings` need not, and `preview`
shows a patient's text and its size. All take a message that `integrations.messaging.text.clean` has cleaned, and none
touches a database but those that ask whether the practice's messages go into the NHS App.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from campaigns.wording.advice import Advice, advice_on
from integrations.connections import routing_of
from integrations.links import LINK, link_for, newest_key_number
from integrations.messaging.nhs_notify import app_markdown
from integrations.messaging.text import Encoding, Measure, clean, in_plain_letters, measure, outside_gsm
from integrations.models import Routing
from practices.models import Practice

NAME, PRACTICE = "{name}", "{practice}"
PLACEHOLDERS = (NAME, PRACTICE, LINK)

NAMELESS = "patient"
"""Greets a patient whose name the list does not hold."""

SAMPLE_NAME = "Joe"
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
# Nearly a placeholder: in capitals, with spaces, or with as many braces as other systems want.
_NEARLY = re.compile(r"\{+\s*(name|practice|link)\s*\}+", re.IGNORECASE)

_DEAR_AT_ONCE = 5

# Names that take one unit for each character, and that nothing is done to.
_EVEN = re.compile(r"[A-Za-z](?:[A-Za-z0-9'. -]*[A-Za-z0-9'.-])?")

# What may stand around the link: phones take anything else for a part of the address.
_CLEAR_LINK = re.compile(r"(?<![^\s(:])\{link\}(?=[\s).,;:!?]|$)")


@dataclass(frozen=True, slots=True)
class Preview:
    """A text as one patient would get it, and what sending it takes."""

    text: str
    measure: Measure

    @property
    def too_long(self) -> bool:
        """Whether it is over MESSAGE_FRAGMENTS_MAX."""
        return self.measure.fragments > settings.MESSAGE_FRAGMENTS_MAX


@dataclass(frozen=True, slots=True)
class InApp:
    """A text as its patient reads it in the NHS App; `reasons` are why the app would refuse it."""

    text: str
    reasons: Sequence[str]


def reasons_against(message: str) -> list[str]:
    """What must be mended before this message may be sent, as sentences for staff (text-messages#placeholders)."""
    if not message.strip():
        return ["Write the message."]
    mended = _NEARLY.sub(_right, message)
    found = _PLACEHOLDER.findall(mended)
    return [
        *_misspelled(message),
        *(
            f"{placeholder} is not something we can fill in. Use {NAME}, {PRACTICE} or {LINK}."
            for placeholder in dict.fromkeys(found)
            if placeholder not in PLACEHOLDERS
        ),
        *_reasons_against_links(mended),
        *_reasons_against_braces(mended),
    ]


def reasons_against_in_app(message: str, practice: Practice) -> list[str]:
    """The same for a message that goes into the NHS App first (nhs-notify#app-body). One query."""
    return [] if routing_of(practice.id) == Routing.TEXTS else app_markdown.reasons_against(message)


def in_app(message: str, practice: Practice) -> InApp | None:
    """A message as the patient of the preview reads it in the NHS App; None where the practice sends texts only."""
    if routing_of(practice.id) == Routing.TEXTS:
        return None
    text = preview(message, practice=practice).text
    return InApp(app_markdown.shown(text), app_markdown.reasons_against(message))


def _right(nearly: re.Match[str]) -> str:
    """The placeholder that was meant."""
    return f"{{{nearly[1].lower()}}}"


def _misspelled(message: str) -> list[str]:
    pairs = {match.group(): _right(match) for match in _NEARLY.finditer(message)}
    return [f"Write {right}, not {written}." for written, right in pairs.items() if written != right]


def _reasons_against_links(message: str) -> list[str]:
    links = message.count(LINK)
    if links == 0:
        return [f"Add {LINK} where the patient's own link should go."]
    if links > 1:
        return [f"Use {LINK} once only."]
    if not _CLEAR_LINK.search(message):
        return [f"Put a space before and after {LINK}, so that phones can tell where it begins and ends."]
    return []


def _reasons_against_braces(message: str) -> list[str]:
    if not re.search(r"[{}]", _PLACEHOLDER.sub("", message)):
        return []
    return [f"There is a {{ or }} on its own. Use them only in {NAME}, {PRACTICE} and {LINK}."]


def warnings(message: str, practice: Practice) -> list[Advice]:
    """What would make a message better (wording#invitations), and cheaper; nothing that blocks it.

    What matters most comes first. Each has a `rule`, its name, and a `sentence` for staff. An empty message gets none.
    """
    if not message.strip():
        return []
    return [*advice_on(message, practice=_plain(practice.name)), *_on_cost(message, practice)]


def _on_cost(message: str, practice: Practice) -> list[Advice]:
    """What makes the message dearer than one fragment of the cheap alphabet, with a sample name and the real link."""
    size = preview(message, practice=practice).measure
    advice = []
    if size.encoding is Encoding.UCS2:
        dear = " ".join(outside_gsm(fill(message, name="", practice=practice))[:_DEAR_AT_ONCE])
        advice.append(
            Advice("dear_characters", f"These make every text shorter and dearer: {dear} Write without them.")
        )
    own, plain = _plain(practice.name), in_plain_letters(_plain(practice.name))
    if own != plain and plain in preview(message, practice=practice).text:
        advice.append(Advice("practice_letters", f"We write {plain} for {own}, because its own letters cost more."))
    if size.fragments > 1:
        times = "twice" if size.fragments == 2 else f"{size.fragments} times"
        advice.append(
            Advice(
                "fragments",
                f"Each text takes {size.fragments} fragments and costs {times} as much as one. Shorten it if you can.",
            )
        )
    return advice


def fill(message: str, *, name: str, practice: Practice) -> str:
    """The message for one patient, with the link's placeholder still in it.

    Each placeholder is filled once, and braces in a name mean nothing: a name never becomes a placeholder. Typographic
    marks in a name become plain ones, so that nobody's apostrophe makes a text dearer. One letter outside the cheap
    alphabet makes a text more than twice as long: where the names of patient and practice would make it take more
    fragments, such letters become the nearest plain ones. A name in another alphabet has none, and stays only while
    the text is within MESSAGE_FRAGMENTS_MAX, or one patient's name would stop the whole batch.
    """
    own = {NAME: _plain(name) or NAMELESS, PRACTICE: _plain(practice.name)}
    plain = {placeholder: in_plain_letters(value) for placeholder, value in own.items()}
    text = _fill(message, own)
    if plain != own and _fragments(cheap := _fill(message, plain)) < _fragments(text):
        text = cheap
    if outside_gsm(plain[NAME]) and _fragments(text) > settings.MESSAGE_FRAGMENTS_MAX:
        return fill(message, name="", practice=practice)
    return text


def leaves_out(message: str, *, name: str, practice: Practice) -> bool:
    """Whether a name would make this message too long, because it has no plain letters, and is left out of it."""
    has_name = NAME in message and outside_gsm(in_plain_letters(_plain(name)))
    return bool(has_name) and fill(message, name=name, practice=practice) == fill(message, name="", practice=practice)


def _fill(message: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: values.get(match.group(), match.group()), message)


def _fragments(text: str) -> int:
    return measure(text.replace(LINK, _sample_link())).fragments


def _sample_link() -> str:
    """Nobody's link, as long as the real ones."""
    return link_for(UUID(int=0), key_number=newest_key_number())


def _plain(name: str) -> str:
    return clean(name).text.translate(str.maketrans("{}", "()")).strip()


def total_fragments(message: str, *, practice: Practice, names: Mapping[str, int]) -> int:
    """The fragments of a whole batch, given how many patients have each name: what the practice pays for.

    Exact for every name, also those outside the cheap alphabet, though it measures texts of one kind and size once.
    """
    measured: dict[tuple[int, bool], int] = {}
    total = 0
    for name, patients in names.items():
        # These characters weigh the same, whichever they are; other names are measured each.
        kind = (len(name), _EVEN.fullmatch(name) is not None)
        fragments = measured.get(kind) if kind[1] else None
        if fragments is None:
            fragments = measured[kind] = preview(message, practice=practice, name=name).measure.fragments
        total += fragments * patients
    return total


def longest(message: str, *, practice: Practice, names: Iterable[str]) -> Preview:
    """The text that takes the most, of patients with these names; that of a sample name where there are none."""
    even, others = "", []
    for name in names:
        if _EVEN.fullmatch(name):
            # These characters weigh the same, whichever they are.
            even = max(even, name, key=len)
        else:
            others.append(name)
    measured = [preview(message, practice=practice, name=name) for name in [*([even] if even else []), *others]]
    usual = preview(message, practice=practice)
    return max(measured, key=lambda text: (text.measure.fragments, text.measure.units), default=usual)


def preview(message: str, *, practice: Practice, name: str = SAMPLE_NAME) -> Preview:
    """The message as a patient of that name would get it. The link shown is a sample as long as the real one."""
    text = fill(message, name=name, practice=practice).replace(LINK, _sample_link())
    return Preview(text=text, measure=measure(text))
