"""The words of a text: placeholders, what is wrong with them, and how long the longest one gets."""

import re
import unicodedata
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from integrations.links import LINK, link_for
from integrations.messaging.text import Measure, clean, measure
from practices.models import Practice

NAME, PRACTICE = "{name}", "{practice}"
PLACEHOLDERS = (NAME, PRACTICE, LINK)

NAMELESS = "patient"
"""Greets a patient whose name the list does not hold."""

SAMPLE_NAME = "Joe"
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")

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


def faults(message: str) -> list[str]:
    """What must be mended before this message may be sent, as sentences for staff."""
    found = _PLACEHOLDER.findall(message)
    sentences = [
        f"{placeholder} is not something we can fill in. Use {NAME}, {PRACTICE} or {LINK}."
        for placeholder in dict.fromkeys(found)
        if placeholder not in PLACEHOLDERS
    ]
    links = found.count(LINK)
    if links == 0:
        sentences.append(f"Add {LINK} where the patient's own link should go.")
    if links > 1:
        sentences.append(f"Use {LINK} once only.")
    if links == 1 and not _CLEAR_LINK.search(message):
        sentences.append(f"Put a space before and after {LINK}, so that phones can tell where it begins and ends.")
    if re.search(r"[{}]", _PLACEHOLDER.sub("", message)):
        sentences.append(f"There is a {{ or }} on its own. Use them only in {NAME}, {PRACTICE} and {LINK}.")
    return sentences


def fill(message: str, *, name: str, practice: Practice) -> str:
    """The message for one patient, with the link's placeholder still in it.

    Each placeholder is filled once, and braces in a name mean nothing: a name never becomes a placeholder. Typographic
    marks in a name become plain ones, so that nobody's apostrophe makes a text dearer. One letter outside the cheap
    alphabet makes a text more than twice as long: a name keeps such letters only while the text stays within
    MESSAGE_FRAGMENTS_MAX, or one patient's name would stop the whole batch.
    """
    name = _plain(name)
    text = _fill(message, name, practice)
    if not name.isascii() and not _fits(text):
        return _fill(message, _unaccented(name), practice)
    return text


def _fill(message: str, name: str, practice: Practice) -> str:
    values = {NAME: name or NAMELESS, PRACTICE: _plain(practice.name)}
    return _PLACEHOLDER.sub(lambda found: values.get(found.group(), found.group()), message)


def _fits(text: str) -> bool:
    return measure(text.replace(LINK, _sample_link())).fragments <= settings.MESSAGE_FRAGMENTS_MAX


def _unaccented(name: str) -> str:
    """The name without its accents (Siân becomes Sian), or nothing where that leaves it not plain: no letter goes."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return bare if bare.isascii() else ""


def _sample_link() -> str:
    """Nobody's link, as long as the real ones."""
    return link_for(UUID(int=0))


def _plain(name: str) -> str:
    return clean(name).text.translate(str.maketrans("{}", "()")).strip()


def preview(message: str, *, practice: Practice, name: str = SAMPLE_NAME) -> Preview:
    """The message as a patient of that name would get it. The link shown is a sample as long as the real one."""
    text = fill(message, name=name, practice=practice).replace(LINK, _sample_link())
    return Preview(text=text, measure=measure(text))
