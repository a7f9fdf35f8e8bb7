"""Keeps an uploaded file in PostgreSQL until a worker has read it, in pieces that neither side holds all at once."""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from patients.models import PatientList, UploadedPart

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PART_BYTES = 256 * 1024


def keep(patient_list: PatientList, file: BinaryIO) -> None:
    """Store a file's bytes with its list, in the caller's transaction."""
    for number, content in enumerate(_pieces(file)):
        UploadedPart.objects.create(patient_list=patient_list, number=number, content=content)


def open_upload(patient_list: PatientList) -> BinaryIO:
    """The stored file of a list, to be read like any other, without holding it whole."""
    return io.BufferedReader(_StoredFile(patient_list), PART_BYTES)


def forget(patient_list: PatientList) -> None:
    """Throw the file away: its rows are stored, or it was refused."""
    patient_list.parts.all().delete()


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(PART_BYTES):
        yield piece


class _StoredFile(io.RawIOBase):
    """A seekable file whose bytes are rows of PostgreSQL; one piece of it is in memory at a time."""

    def __init__(self, patient_list: PatientList) -> None:
        super().__init__()
        self._parts = UploadedPart.objects.filter(patient_list=patient_list).order_by()
        self._size = patient_list.byte_count
        self._at = 0
        self._number = -1
        self._piece = b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence])
        return self._at

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill the buffer as far as the piece at hand goes; 0 at the end of the file."""
        if self._at >= self._size:
            return 0
        number, start = divmod(self._at, PART_BYTES)
        if number != self._number:
            self._piece = bytes(self._parts.values_list("content", flat=True).get(number=number))
            self._number = number
        view = memoryview(buffer).cast("B")
        taken = self._piece[start : start + len(view)]
        view[: len(taken)] = taken
        self._at += len(taken)
        return len(taken)
