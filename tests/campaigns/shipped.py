"""The codes and templates that every installation starts with, put in at once: loading checks them one by one.

That takes most of a second. For tests of what pages and services do with them; loading has tests of its own.
"""

from functools import cache

from django.db import transaction

from campaigns.codes import catalogue
from campaigns.models import MessageTemplate, SnomedCode


def put_in() -> None:
    """Leave the codes and templates that `catalogue.load` leaves; where there are some already, by loading."""
    if SnomedCode.objects.exists() or MessageTemplate.objects.exists():
        catalogue.load()
        return
    codes, templates = _loaded()
    SnomedCode.objects.bulk_create(codes)
    MessageTemplate.objects.bulk_create(templates)


@cache
def _loaded() -> tuple[list[SnomedCode], list[MessageTemplate]]:
    """What loading leaves in empty tables. Once in a process is enough."""
    with transaction.atomic():
        catalogue.load()
        rows = list(SnomedCode.objects.all()), list(MessageTemplate.objects.all())
        transaction.set_rollback(True)
    return rows
