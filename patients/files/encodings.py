"""What a file of bytes is: which kind of content, and which encoding its text is in (lists#encodings)."""

import codecs
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import BinaryIO

from patients.tables import faults
from patients.tables.faults import FileFault

_ENCODED_TWICE = "Ã".encode()
"""What most accented letters begin with when text that was UTF-8 is taken for Windows-1252 and made UTF-8 again."""

_BLOCK = 256 * 1024
_HEAD = 4096
_JUDGED_CHARACTERS = 20_000
"""So many characters above ASCII say what a file's encoding is; somebody waits while they are counted."""

_PACKAGES = (b"PK\x03\x04", b"PK\x05\x06")
"""Zip, which xlsx and other workbooks are packed in."""

_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""The container of old Office files, which Excel also puts around workbooks with a password."""

_OLD_OFFICE_STREAMS: dict[str, Callable[[], FileFault]] = {
    "EncryptedPackage": faults.password,
    "WordDocument": lambda: faults.not_a_table("a document"),
    "PowerPoint Document": lambda: faults.not_a_table("a presentation"),
    "__properties_version1": lambda: faults.not_a_table("an e-mail"),
    "Workbook": faults.old_workbook,
    "Book": faults.old_workbook,
}

_OTHER_KINDS = {
    b"%PDF-": "a PDF",
    b"{\\rtf": "a document",
    b"\x89PNG\r\n": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"MZ\x90": "a program",
    b"\x7fELF": "a program",
    b"\x1f\x8b": "a compressed file",
    b"7z\xbc\xaf": "a compressed file",
    b"Rar!": "a compressed file",
    b"BZh": "a compressed file",
    b"\xfd7zXZ": "a compressed file",
    b"SQLite format 3\0": "a database",
}

_MARKUP = {b"<!doctype": "a web page", b"<html": "a web page", b"<table": "a web page", b"<?xml": "an XML file"}

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""The first that fits: the mark of UTF-16 is the beginning of one of UTF-32."""

# A well-formed UTF-8 character of more than one byte, or any other byte above ASCII.
_HIGH_BYTES = re.compile(rb"([\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})|[\x80-\xff]")


@dataclass(frozen=True, slots=True)
class Content:
    """A file of text: its encoding for Python's codecs, and its SHA-256 in hexadecimal.

    `damaged`: it may hold NUL bytes, letters that were encoded twice, or bytes that are no letter in its encoding. They
    decode to lone surrogates
    (by the error handlers of `text_files`), so that the rows they stand in can be found and refused. `is_package`: it
    is a zip, maybe a workbook, and has no encoding.
    """

    encoding: str
    digest: str
    damaged: bool
    is_package: bool = False


def inspect(file: BinaryIO, *, most_bytes: int) -> Content:
    """Read the whole file in blocks. Raises FileFault for what is too big, empty or plainly of another kind."""
    head = _head(file, most_bytes)
    if head.startswith(_PACKAGES):
        return Content("", _digest(file), damaged=False, is_package=True)
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    nul, twice, is_utf8 = False, False, True
    for block in _blocks(file):
        digest.update(block)
        nul = nul or b"\0" in block
        twice = twice or _ENCODED_TWICE in block
        is_utf8 = is_utf8 and _decodes(decoder, block)
    is_utf8 = is_utf8 and _decodes(decoder, b"", final=True)
    encoding = _declared_encoding(head) or ("utf-8" if is_utf8 else _likely_encoding(file))
    return Content(encoding, digest.hexdigest(), damaged=nul or twice or not is_utf8)


def _digest(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    for block in _blocks(file):
        digest.update(block)
    return digest.hexdigest()


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while block := file.read(_BLOCK):
        yield block


def _likely_encoding(file: BinaryIO) -> str:
    """UTF-8 with some broken bytes, or Windows-1252: whichever explains more of the bytes above ASCII.

    One broken byte does not make a UTF-8 file another encoding: that would turn every accented name in it into two
    wrong letters without a word.
    """
    # A character cut by the end of a block counts as stray: at most one in a quarter of a megabyte.
    matches = chain.from_iterable(map(_HIGH_BYTES.finditer, _blocks(file)))
    judged = [match[1] is not None for match in islice(matches, _JUDGED_CHARACTERS)]
    return "utf-8" if sum(judged) * 2 > len(judged) else "cp1252"


def _head(file: BinaryIO, most_bytes: int) -> bytes:
    """The first bytes. Raises FileFault when the size or the kind of content is wrong."""
    size = file.seek(0, 2)
    file.seek(0)
    head = file.read(_HEAD)
    if size > most_bytes:
        raise faults.too_big(most_bytes)
    if head.startswith(_OLD_OFFICE):
        raise _old_office_fault(file)
    for start, kind in _OTHER_KINDS.items():
        if head.startswith(start):
            raise faults.not_a_table(kind)
    beginning = head[:64].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    for start, kind in _MARKUP.items():
        if beginning.startswith(start):
            raise faults.not_a_table(kind)
    if size <= _HEAD and not head.strip(b"\0\t\n\r ,;\xef\xbb\xbf\xff\xfe"):
        raise faults.empty()
    return head


def _old_office_fault(file: BinaryIO) -> FileFault:
    """Which kind of old Office file it is, by the names of its streams, which stand in it as UTF-16."""
    file.seek(0)
    content = file.read()
    for stream, fault in _OLD_OFFICE_STREAMS.items():
        if stream.encode("utf-16-le") in content:
            return fault()
    return faults.not_a_table()


def _declared_encoding(head: bytes) -> str:
    """What a byte order mark, or the zero bytes of unmarked UTF-16, say; empty when neither is there."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return encoding
    pairs = len(head) // 2
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if pairs and odd > pairs * 0.6 and even < pairs * 0.1:
        return "utf-16-le"
    if pairs and even > pairs * 0.6 and odd < pairs * 0.1:
        return "utf-16-be"
    return ""


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True
