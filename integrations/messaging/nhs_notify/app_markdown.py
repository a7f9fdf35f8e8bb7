"""A message's words as the NHS App wants them: Markdown of a kind, so written that patients read what staff wrote.

Signs that the app would take for formatting are escaped, a line ends with two spaces so that the next begins on its
own, and web addresses are links (nhs-notify#app-body). What stands in pointed brackets has the whole message refused:
staff are told before they send (`reasons_against`), and in names that come from elsewhere other signs stand for them.
"""

import re

_REFUSED = re.compile(r"<(?:.|\n)*?>")
_OTHER_BRACKETS = str.maketrans("<>", "\u2039\u203a")
_ADDRESS = re.compile(r"https?://[^\s<>\u2039\u203a]*[^\s<>\u2039\u203a.,;:!?'\")\]}]")
_INLINE = re.compile(r"[\\`*_\[\]~|<]")
# The app decodes what looks like an entity of HTML.
_ENTITY = re.compile(r"&(?=#?\w+;)")
_BULLET_OR_HEADING = re.compile(r"[#>+=-]")
_NUMBERED = re.compile(r"\d{1,9}(?=[.)](?:\s|$))")
_IN_TARGET = str.maketrans({"(": "%28", ")": "%29", "\\": "%5C"})

REFUSED_WORDS = 60
"""So much of what stands in pointed brackets is shown to staff at most."""


def reasons_against(message: str) -> list[str]:
    """What must be mended before a message may go into the app, as sentences for staff; empty when it may."""
    refused = _REFUSED.search(message)
    if refused is None:
        return []
    shown = " ".join(refused.group().split())
    shown = shown if len(shown) <= REFUSED_WORDS else f"{shown[:REFUSED_WORDS]}…"
    return [f"The NHS App refuses messages with pointed brackets. Write {shown} without the < and the >."]


def app_body(text: str) -> str:
    """A message's words, filled in, as the body of a message in the app."""
    return "\n\n".join("  \n".join(map(_line, lines)) for lines in _paragraphs(text))


def shown(text: str) -> str:
    """The same words as the patient reads them there: lines without space around them, and single blank lines."""
    return "\n\n".join("\n".join(lines) for lines in _paragraphs(text))


def _paragraphs(text: str) -> list[list[str]]:
    """The lines of each paragraph, without the pointed brackets for which the app would refuse them."""
    if _REFUSED.search(text):
        text = text.translate(_OTHER_BRACKETS)
    paragraphs: list[list[str]] = [[]]
    for line in text.split("\n"):
        if stripped := line.strip():
            paragraphs[-1].append(stripped)
        elif paragraphs[-1]:
            paragraphs.append([])
    return [lines for lines in paragraphs if lines]


def _line(line: str) -> str:
    """One line, with nothing in it that the app would take for formatting but its web addresses."""
    pieces, end = [], 0
    for address in _ADDRESS.finditer(line):
        before = _plain(line[end : address.start()])
        # An exclamation mark before a link would make it a picture.
        before = f"{before[:-1]}\\!" if before.endswith("!") else before
        pieces += [before, _link(address.group())]
        end = address.end()
    pieces.append(_plain(line[end:]))
    whole = "".join(pieces)
    if _BULLET_OR_HEADING.match(whole):
        return f"\\{whole}"
    numbered = _NUMBERED.match(whole)
    return f"{numbered.group()}\\{whole[numbered.end() :]}" if numbered else whole


def _plain(piece: str) -> str:
    return _ENTITY.sub("&amp;", _INLINE.sub(r"\\\g<0>", piece))


def _link(address: str) -> str:
    """A web address that is its own text."""
    return f"[{_plain(address)}]({_ENTITY.sub('&amp;', address.translate(_IN_TARGET))})"
