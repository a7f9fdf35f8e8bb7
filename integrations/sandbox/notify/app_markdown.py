"""What the NHS App makes of the body of a message: its Markdown as text on a phone (nhs-notify#app-body).

Headings, bullets, numbers and bold lose their signs, a link shows its text, and lines that do not end with two spaces
run on. With any of that in it, a message does not look as it was written.
"""

import html
import re

_REFUSED = re.compile(r"<(.|\n)*?>")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\(([^()\s]*)(?:\s+\"[^\"]*\")?\)")
_STRONG = re.compile(r"(\*\*|__|~~|`|\*|_)(?=\S)(.+?)(?<=\S)\1")
_HEADING = re.compile(r" {0,3}#{1,6} +")
_QUOTE = re.compile(r" {0,3}> ?")
_BULLET = re.compile(r" {0,3}[*+-] +")
_NUMBER = re.compile(r" {0,3}(\d{1,9})[.)] +")
_UNDERLINE = re.compile(r" {0,3}(=+|-+) *")
_ENTITY = re.compile(r"&#?\w+;")
_HIDDEN = 0xE000
"""Escaped signs, and those of entities, hide as private characters while formatting is looked for."""


def is_refused(body: str) -> bool:
    """Whether the app rejects a message with this body."""
    return _REFUSED.search(body) is not None


def as_read(body: str) -> str:
    """The text that the patient reads, with a blank line between paragraphs."""
    hidden = _ENTITY.sub(
        lambda match: _hide(html.unescape(match.group())), _ESCAPED.sub(lambda match: _hide(match[1]), body)
    )
    paragraphs = [_paragraph(part) for part in re.split(r"\n[ \t]*\n+", hidden)]
    text = "\n\n".join(part for part in paragraphs if part)
    return "".join(chr(ord(sign) - _HIDDEN) if _HIDDEN <= ord(sign) < _HIDDEN + 128 else sign for sign in text)


def _hide(text: str) -> str:
    """The same text with its signs out of sight of what looks for formatting."""
    return "".join(chr(_HIDDEN + ord(sign)) if ord(sign) < 128 else sign for sign in text)


def _paragraph(part: str) -> str:
    text = ""
    lines = [line for line in part.split("\n") if line.strip()]
    for number, line in enumerate(lines):
        if number and _UNDERLINE.fullmatch(line):
            continue
        begins_block = any(pattern.match(line) for pattern in (_HEADING, _BULLET, _NUMBER))
        text += "\n" if begins_block and text and not text.endswith("\n") else ""
        text += _words(_without_signs(line))
        if number < len(lines) - 1:
            text += "\n" if line.endswith("  ") or _HEADING.match(line) else " "
    return text.strip()


def _without_signs(line: str) -> str:
    line = _QUOTE.sub("", line, count=1) if _QUOTE.match(line) else line
    line = _HEADING.sub("", line, count=1) if _HEADING.match(line) else line
    line = _BULLET.sub("\u2022 ", line, count=1) if _BULLET.match(line) else line
    return _NUMBER.sub(r"\1. ", line, count=1) if _NUMBER.match(line) else line


def _words(line: str) -> str:
    """One line's text: links by their text, no emphasis."""
    line = _LINK.sub(r"\1", line.strip())
    while (bare := _STRONG.sub(r"\2", line)) != line:
        line = bare
    return line
