"""Tells whether a row could be a patient's wherever it stands: above the headings, or on another sheet.

There its columns are not known, so what counts is what its cells look like.
"""

import csv
import re
from collections.abc import Sequence
from itertools import islice

from patients.values.nhs_numbers import plain_nhs_number

_SEPARATORS = (",", ";", "\t", "|")
_LONGEST_LINE = 20_000
_MARKS = re.compile("[\\s\\-'\"=()+.\u00a0\u2010-\u2015\u2212\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_LIKE_A_NUMBER = re.compile(r"[0-9]{9,13}|[0-9](?:[.,]?[0-9]+)?[eE][0-9]{1,2}")
_LIKE_A_DATE = re.compile(r"[0-9]{1,4} ?[/.\- ] ?(?:[0-9]{1,2}|[A-Za-z]{3,9}) ?[/.\- ] ?[0-9]{2,4}(?: [0-9:]+)?")
_LONGEST_VALUE = 40
_UNSEEN = "\x1a\u200b\ufeff"
"""Marks that a row may consist of without there being anything in it: the first ends a file of MS-DOS."""


def is_blank(cells: Sequence[str]) -> bool:
    """Is there nothing in a row that anybody could see?"""
    return not "".join(cells).strip().strip(_UNSEEN)


def could_be_patient(cells: Sequence[str]) -> bool:
    """Is there an NHS number in a row, or a long number and beside it another one or a date?"""
    numbers = others = 0
    for cell in cells:
        if not cell or len(cell) > _LONGEST_VALUE:
            continue
        digits = _MARKS.sub("", cell)
        if plain_nhs_number(digits):
            return True
        if _LIKE_A_NUMBER.fullmatch(digits):
            numbers += 1
        elif _LIKE_A_DATE.fullmatch(cell.strip(" '")):
            others += 1
    return numbers > 0 and numbers + others > 1


def split_single_cell(cells: Sequence[str]) -> list[str]:
    """The cells that a row should have had, when all of it stands in a single one; empty when it does not."""
    filled = list(islice((cell for cell in cells if cell.strip()), 2))
    if len(filled) != 1 or len(filled[0]) > _LONGEST_LINE:
        return []
    line = filled[0]
    separator = max(_SEPARATORS, key=line.count)
    if separator not in line:
        return []
    try:
        return next(csv.reader([line.replace("\n", " ").replace("\r", " ")], delimiter=separator), [])
    except csv.Error:
        return line.split(separator)
