"""What a file of bytes is: which kind of content, and which encoding its text is in."""

import codecs
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from patients import faults

_BLOCK = 256 * 1024
_HEAD = 4096

_WORKBOOKS = (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
"""Zip (xlsx, ods) and the container of xls, which Excel also puts around workbooks with a password."""

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
}

_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))

# A well-formed UTF-8 character of more than one byte, or any other byte above ASCII.
_HIGH_BYTES = re.compile(rb"([\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})|[\x80-\xff]")


@dataclass(frozen=True, slots=True)
class Content:
    """A file of text: its encoding for Python's codecs, and its SHA-256 in hexadecimal.

    `damaged`: it may hold NUL bytes, or bytes that are no letter in its encoding. They decode to lone surrogates
    ("surrogateescape"), so that the rows they stand in can be found and refused.
    """

    encoding: str
    digest: str
    damaged: bool


def inspect(file: BinaryIO, *, most_bytes: int) -> Content:
    """Read the whole file in blocks. Raises FileFault for what is too big, empty or plainly not text."""
    head = _head(file, most_bytes)
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    nul, is_utf8 = False, True
    for block in _blocks(file):
        digest.update(block)
        nul = nul or b"\0" in block
        is_utf8 = is_utf8 and _decodes(decoder, block)
    is_utf8 = is_utf8 and _decodes(decoder, b"", final=True)
    encoding = _declared_encoding(head) or ("utf-8" if is_utf8 else _likely_encoding(file))
    return Content(encoding, digest.hexdigest(), damaged=nul or not is_utf8)


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while block := file.read(_BLOCK):
        yield block


def _likely_encoding(file: BinaryIO) -> str:
    """UTF-8 with some broken bytes, or Windows-1252: whichever explains more of the bytes above ASCII.

    One broken byte does not make a UTF-8 file another encoding: that would turn every accented name in it into two
    wrong letters without a word.
    """
    well_formed = stray = 0
    for block in _blocks(file):
        # A character cut by the end of a block counts as stray: at most one in a quarter of a megabyte.
        for match in _HIGH_BYTES.finditer(block):
            if match[1]:
                well_formed += 1
            else:
                stray += 1
    return "utf-8" if well_formed > stray else "cp1252"


def _head(file: BinaryIO, most_bytes: int) -> bytes:
    """The first bytes. Raises FileFault when the size or the kind of content is wrong."""
    size = file.seek(0, 2)
    file.seek(0)
    head = file.read(_HEAD)
    if size > most_bytes:
        raise faults.too_big(most_bytes)
    if head.startswith(_WORKBOOKS):
        raise faults.workbook()
    for start, kind in _OTHER_KINDS.items():
        if head.startswith(start):
            raise faults.not_a_table(kind)
    if size <= _HEAD and not head.strip(b"\0\t\n\r ,;\xef\xbb\xbf\xff\xfe"):
        raise faults.empty()
    return head


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
