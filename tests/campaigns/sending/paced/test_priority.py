"""Whom a list's own column of priority puts first."""

import pytest

from campaigns.sending import waves
from tests.factories import make_campaign, make_recipient

pytestmark = pytest.mark.django_db


def test_numbers_and_the_words_for_them_from_the_first() -> None:
    batch = make_campaign(rows=0, paced=True, invite_order="column")
    assert batch.patient_list is not None
    cells = ["10", " Medium", "", "2", "HIGH", "=1", "1.5", "urgent", None, "low"]
    for row, cell in enumerate(cells):
        original = {} if cell is None else {"priority": cell}
        make_recipient(batch.patient_list, row_number=row, original=original)
    rows = waves.in_order(batch, batch.patient_list.recipients.all()).values_list("row_number", flat=True)
    assert list(rows) == [7, 4, 6, 1, 3, 9, 0, 2, 5, 8]
