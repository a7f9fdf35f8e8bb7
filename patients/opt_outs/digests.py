"""Opt-outs of numbers that were erased: met again by their digest, and turned into one (retention#opt-outs).

While a number is in no list of the practice its opt-out is a digest. As soon as the number comes again the opt-out has
it again, so that all who ask about opt-outs ask about numbers alone.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from psycopg.sql import SQL, Identifier

from integrations.messaging.numbers import NotAMobile, parse_mobile
from patients.models import ErasedOptOut, OptOut, PatientList, Recipient
from patients.values.nhs_numbers import NotAnNhsNumber, parse_nhs_number
from practices.journal import digests
from practices.journal.digests import MOBILE, NHS_NUMBER
from practices.models import Practice

KINDS = (NHS_NUMBER, MOBILE)
CHUNK = 5_000
"""Numbers that are looked up, or turned into digests, at a time."""

# One statement, so that an opt-out which is just becoming a digest, or the other way round, is one of the two.
_HOLDING = """
SELECT {number}, NULL::bytea FROM patients_optout
WHERE practice_id = %(practice)s AND ended_at IS NULL AND {number} <> '' AND {number} = ANY(%(numbers)s::varchar[])
UNION ALL
SELECT NULL, digest FROM patients_erasedoptout
WHERE practice_id = %(practice)s AND kind = %(kind)s AND digest = ANY(%(digests)s::bytea[])
"""


def holding(practice: Practice, kind: str, numbers: Collection[str]) -> frozenset[str]:
    """Those of some numbers whose opt-out holds now, whether it has its number or is a digest: one query."""
    by_digest = digests.by_digest(practice.id, kind, numbers)
    statement = SQL(_HOLDING).format(number=Identifier(kind)).as_string(None)
    values: dict[str, Any] = {
        "practice": practice.id,
        "kind": kind,
        "numbers": list(numbers),
        "digests": list(by_digest),
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall()
    return frozenset(number or by_digest[bytes(digest)] for number, digest in rows)


def any_of(practice: Practice, kind: str) -> bool:
    """Whether a practice has any opt-out that is a digest, of this kind of number."""
    return ErasedOptOut.objects.filter(practice=practice, kind=kind).exists()


@dataclass(frozen=True, slots=True)
class ErasedOptOuts:
    """How many opt-outs of a practice are digests, and the latest of them."""

    count: int
    latest: Sequence[ErasedOptOut]


def of_practice(practice: Practice, most: int) -> ErasedOptOuts:
    """What a page shows of them: when each was made, and how. Nobody knows of whom."""
    rows = ErasedOptOut.objects.filter(practice=practice).select_related("created_by").order_by("-created_at", "id")
    count = rows.count()
    return ErasedOptOuts(count, list(rows[:most]) if count else [])


def revive_typed(practice: Practice, typed: str) -> int:
    """Give an opt-out its number again whose whole NHS number or mobile staff have typed, to find it; how many."""
    return sum(revive(practice, kind, [number]) for kind, number in _numbers(typed))


def _numbers(typed: str) -> Iterator[tuple[str, str]]:
    """What was typed as whole numbers, by kind: a part of one is none."""
    with suppress(NotAnNhsNumber):
        yield NHS_NUMBER, parse_nhs_number(typed)
    with suppress(NotAMobile):
        yield MOBILE, parse_mobile(typed, allow_test_numbers=settings.ALLOW_TEST_NUMBERS).e164


@transaction.atomic
def revive(practice: Practice, kind: str, numbers: Collection[str]) -> int:
    """Give opt-outs that are digests of these numbers their number again; how many."""
    by_digest = digests.by_digest(practice.id, kind, numbers)
    rows = ErasedOptOut.objects.filter(practice=practice, kind=kind, digest__in=list(by_digest))
    erased = list(rows.select_for_update(of=("self",)).order_by("id"))
    OptOut.objects.bulk_create(
        [
            OptOut(
                id=row.id,
                practice_id=row.practice_id,
                source=row.source,
                word=row.word,
                created_by_id=row.created_by_id,
                created_at=row.created_at,
                **{kind: by_digest[bytes(row.digest)]},
            )
            for row in erased
        ],
        ignore_conflicts=True,  # somebody has opted out again in the same moment
    )
    ErasedOptOut.objects.filter(id__in=[row.id for row in erased]).delete()
    return len(erased)


def revive_listed(patient_list: PatientList, kind: str) -> None:
    """The same of all numbers of a list: before its patients are looked for among the opt-outs."""
    if not any_of(patient_list.practice, kind):
        return
    rows = patient_list.recipients.exclude(**{kind: ""}).order_by()
    numbers = rows.values_list(kind, flat=True).iterator(chunk_size=CHUNK)
    while some := set(islice(numbers, CHUNK)):
        revive(patient_list.practice, kind, some)


def erase_old(practice: Practice, before: datetime) -> int:
    """Turn opt-outs of before a moment, whose number is in no list any more, into digests; how many.

    Those that have ended go: the audit trail has when they held. In chunks, each a transaction of its own.
    """
    count = 0
    for kind in KINDS:
        while opt_outs := _erasable(practice, kind, before):
            count += len(opt_outs)
    return count


@transaction.atomic
def _erasable(practice: Practice, kind: str, before: datetime) -> list[OptOut]:
    listed = Recipient.objects.filter(practice=practice, **{kind: OuterRef(kind)})
    rows = OptOut.objects.filter(practice=practice, created_at__lt=before).exclude(**{kind: ""})
    chosen = list(rows.exclude(Exists(listed)).order_by("id").select_for_update(of=("self",))[:CHUNK])
    to_digests(practice, chosen)
    return chosen


def to_digests(practice: Practice, opt_outs: Iterable[OptOut]) -> None:
    """Turn these opt-outs into digests, in the caller's transaction; those that have ended go."""
    chosen = list(opt_outs)
    erased = []
    for opt_out in chosen:
        if opt_out.ended_at is None:
            kind = NHS_NUMBER if opt_out.nhs_number else MOBILE
            name, digest = digests.newest(practice.id, kind, getattr(opt_out, kind))
            erased.append(
                ErasedOptOut(
                    id=opt_out.id,
                    practice=practice,
                    kind=kind,
                    digest=digest,
                    key_name=name,
                    source=opt_out.source,
                    word=opt_out.word,
                    created_by_id=opt_out.created_by_id,
                    created_at=opt_out.created_at,
                )
            )
    ErasedOptOut.objects.bulk_create(erased, ignore_conflicts=True)
    OptOut.objects.filter(id__in=[opt_out.id for opt_out in chosen]).delete()
