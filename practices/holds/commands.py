"""What the commands about holds share."""

from django.core.management.base import CommandError

from practices.models import Practice


def practice_of(ods_code: str | None) -> Practice | None:
    """The practice with an ODS code; None where none is named. Raises CommandError for one that there is not."""
    if ods_code is None:
        return None
    try:
        return Practice.objects.get(ods_code=ods_code.strip().upper())
    except Practice.DoesNotExist:
        raise CommandError(f"No practice has the ODS code {ods_code}.") from None
