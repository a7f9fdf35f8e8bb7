"""Opens the zip that a workbook is packed in, after a look at its directory, so that nothing in it can do harm.

A few kilobytes of zip can say gigabytes. What is unpacked is bounded twice: by the sizes that the directory states,
and by the zipfile module, which gives no more of a part than was stated (lists#zip-bombs; ASVS 5.2.3).
"""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO
from xml.parsers.expat import ExpatError

from patients.tables import faults

PIECE_BYTES = 64 * 1024
_MOST_PARTS = 2_000
_MOST_DIRECTORY_BYTES = 512 * 1024
_DIRECTORY_END = struct.Struct("<4s4H2LH")
_DIRECTORY_END_64 = b"PK\x06\x07"
_LONGEST_COMMENT = 0xFFFF
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What spreadsheet programs use. The others unpack without a bound."""

CONTENT_TYPES = "[Content_Types].xml"
_OPEN_DOCUMENT = b"application/vnd.oasis.opendocument.spreadsheet"
# Folders or parts by which other kinds are known.
_OTHER_KINDS: tuple[tuple[str, str, bool], ...] = (
    ("xl/workbook.bin", "an Excel binary (.xlsb) workbook", True),
    ("Index/Document.iwa", "an Apple Numbers spreadsheet", True),
    ("Index/Tables/", "an Apple Numbers spreadsheet", True),
    ("word/", "a document", False),
    ("ppt/", "a presentation", False),
)

_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ExpatError,
    EOFError,
    LookupError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
)


class Package:
    """A zip whose directory is in order. Its parts go by their names, which are those of files in folders."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        """Take an archive that `open_package` has checked; nobody else makes one."""
        self._archive = archive
        self.names = frozenset(archive.namelist())

    def pieces(self, name: str) -> Iterator[bytes]:
        """The content of a part, a piece at a time. Raises FileFault when it is damaged or not there."""
        with report_damage(), self._archive.open(name) as part:
            while piece := part.read(PIECE_BYTES):
                yield piece


def check_package(file: BinaryIO, *, most_unpacked: int) -> None:
    """Raises FileFault when a zip is no workbook that we read, or would unpack to more bytes than that."""
    with open_package(file, most_unpacked=most_unpacked):
        pass


@contextmanager
def open_package(file: BinaryIO, *, most_unpacked: int) -> Iterator[Package]:
    """Open a zip that holds a workbook; the file stays open. Raises FileFault."""
    with report_damage():
        _check_directory_size(file)
        archive = zipfile.ZipFile(file)
    with archive:
        with report_damage():
            _check_kind(archive)
            _check_parts(archive.infolist(), most_unpacked)
        yield Package(archive)


@contextmanager
def report_damage() -> Iterator[None]:
    """What the modules that unpack and parse complain about, as a FileFault."""
    try:
        yield
    except _BROKEN:
        raise faults.damaged_workbook() from None


def _check_directory_size(file: BinaryIO) -> None:
    """The zipfile module reads the whole directory at once, however many parts it lists; so its size is read first."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _LONGEST_COMMENT - _DIRECTORY_END.size))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _DIRECTORY_END.size:
        raise faults.damaged_workbook()
    _, _, _, _, parts, directory_bytes, _, _ = _DIRECTORY_END.unpack_from(tail, at)
    if _DIRECTORY_END_64 in tail[max(0, at - 20) : at]:
        # For zips of gigabytes: a list is never one, and its sizes would have to be read from elsewhere.
        raise faults.unpacked_too_big()
    if parts > _MOST_PARTS or directory_bytes > _MOST_DIRECTORY_BYTES:
        raise faults.unpacked_too_big()


def _check_kind(archive: zipfile.ZipFile) -> None:
    """Many kinds of file are zips; each that staff may choose by mistake has its own words."""
    names = archive.namelist()
    if "mimetype" in names:
        with archive.open("mimetype") as part:
            kind = part.read(200).strip()
        if kind.startswith(_OPEN_DOCUMENT):
            raise faults.other_workbook("an OpenDocument (.ods) spreadsheet")
        raise faults.not_a_table("a document")
    for start, description, is_workbook in _OTHER_KINDS:
        if any(name.startswith(start) for name in names):
            raise faults.other_workbook(description) if is_workbook else faults.not_a_table(description)
    if CONTENT_TYPES not in names:
        raise faults.not_a_table("a zip file. Open it and choose the list inside it")


def _check_parts(parts: list[zipfile.ZipInfo], most_unpacked: int) -> None:
    if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > most_unpacked:
        raise faults.unpacked_too_big()
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        raise faults.password()
    if len({part.filename for part in parts}) != len(parts) or any(p.compress_type not in _METHODS for p in parts):
        raise faults.damaged_workbook()
