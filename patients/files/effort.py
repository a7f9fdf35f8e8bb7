"""What one file may cost to read, whatever is in it.

A few kilobytes of zip may hold millions of elements that mean nothing, and one long text that a million cells refer to.
What is held is bounded elsewhere; here it is how much is looked at, and for how long (lists#zip-bombs; ASVS 5.2.3).
"""

from collections.abc import Iterable, Iterator
from time import thread_time
from typing import TypeVar

from patients.tables import faults

T = TypeVar("T")

MOST_ELEMENTS = 20_000_000
"""Elements of XML in all that is read of one workbook. A list of 100,000 rows and 30 columns has half as many."""


class Effort:
    """What may still be spent on one file: elements, and seconds of the processor, so that a busy machine costs none.

    It is for the thread that made it.
    """

    def __init__(self, *, seconds: float, elements: int = MOST_ELEMENTS) -> None:
        """Begin now."""
        self._until = thread_time() + seconds
        self._elements = elements

    def spend(self, elements: int) -> None:
        """Count elements that were parsed. Raises FileFault when there have been too many, or it took too long."""
        self._elements -= elements
        if self._elements < 0:
            raise faults.unpacked_too_big()
        self.check()

    def check(self) -> None:
        """Raise FileFault when it took too long."""
        if thread_time() > self._until:
            raise faults.takes_too_long()

    def watched(self, records: Iterable[T]) -> Iterator[T]:
        """The same records, as long as there is time for them. Raises FileFault."""
        for record in records:
            if thread_time() > self._until:
                raise faults.takes_too_long()
            yield record
