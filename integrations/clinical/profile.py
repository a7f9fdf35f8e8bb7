"""What differs between the record systems, for all who deal with lists, texts and codes: nobody else names a system."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Literal

from integrations.clinical.port import Actor, ClinicalSystem, Connection
from integrations.clinical.samples import SampleRow

ListColumn = Literal["nhs_number", "mobile", "date_of_birth"]
"""Columns that a system's lists may have to have, as `patients.columns` calls them."""

_OF_ITS_OWN: frozenset[ListColumn] = frozenset({"mobile", "date_of_birth"})


class LocalCodes(StrEnum):
    """Whose own code a system wants beside the SNOMED CT concept; it keeps no entry without one."""

    NONE = ""
    EMIS = "emis"
    CTV3 = "ctv3"


@dataclass(frozen=True, slots=True)
class Guide:
    """How staff make a list in the system: a paragraph, and the steps in their order."""

    needs: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One patient of a list by which staff give many records the same code, of the same day."""

    nhs_number: str
    day: date


@dataclass(frozen=True, slots=True)
class ManyCodes:
    """How staff give a whole list of patients one code in the system: the steps in their order.

    `columns` are those of the CSV that the system takes, each with what to write below its heading.
    """

    steps: tuple[str, ...]
    columns: Mapping[str, Callable[[CodeRow], str]] = field(hash=False)


@dataclass(frozen=True, slots=True)
class SystemProfile:
    """One record system. `key` is stored with practices and lists, in up to 10 characters; `name` is shown.

    `details_from_record`: mobile, name and date of birth are the record's, and it is its mobile that is texted; what a
    list says of them is only compared. Else they are the list's own. `reads_every_record`: each row waits until it has
    been compared with its record, whatever the settings say. `many_codes` is how staff file codes without a record
    gateway. `sample` has the headings of the lists that the system
    makes, each with what to write below it.
    """

    key: str
    name: str
    adapter: Callable[[Connection, Actor], ClinicalSystem]
    required_columns: tuple[ListColumn, ...]
    details_from_record: bool
    reads_every_record: bool
    local_codes: LocalCodes
    guide: Guide
    many_codes: ManyCodes
    sample: Mapping[str, Callable[[SampleRow], str]] = field(hash=False)

    def __post_init__(self) -> None:
        """Raise ValueError for a profile by which nobody could be texted."""
        if "nhs_number" not in self.required_columns:
            raise ValueError("a list without NHS numbers names nobody")
        if self.details_from_record and not self.reads_every_record:
            raise ValueError("what comes from the record can be had only by reading it")
        if not self.details_from_record and not _OF_ITS_OWN.issubset(self.required_columns):
            raise ValueError("a list with details of its own needs mobiles and dates of birth")
