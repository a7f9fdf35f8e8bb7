"""What tests put in at once is what loading leaves, row by row."""

import pytest
from django.db import transaction
from django.db.models import Model

from campaigns.codes import catalogue
from campaigns.models import MessageTemplate, SnomedCode
from tests.campaigns import shipped

_ITS_OWN = {"id", "approved_at", "changed_at"}
"""What differs from one loading to the next. A code's id is its concept's, which is compared."""


def rows(model: type[Model]) -> set[tuple[object, ...]]:
    names = [field.attname for field in model._meta.concrete_fields if field.name not in _ITS_OWN]
    return set(model._default_manager.values_list(*names))


@pytest.mark.django_db
def test_the_same_rows_are_there() -> None:
    with transaction.atomic():
        catalogue.load()
        loaded = rows(SnomedCode), rows(MessageTemplate)
        transaction.set_rollback(True)
    assert rows(SnomedCode) == set()
    shipped.put_in()
    assert (rows(SnomedCode), rows(MessageTemplate)) == loaded
    assert SnomedCode.objects.filter(approved_at=None).count() == 0
    catalogue.load()
    assert (rows(SnomedCode), rows(MessageTemplate)) == loaded
