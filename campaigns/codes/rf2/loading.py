"""Takes a release's terms in: staged as they are read, chosen by the database, and all of it or nothing.

A snapshot says of each component only its newest state, but several packages may each bring one (the international
edition and the UK's own): the one with the latest date holds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import cast

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import Cursor

from campaigns.codes.rf2.files import CONCEPTS, DESCRIPTIONS, LANGUAGES, NotRf2, Row, Source, release
from campaigns.codes.rf2.identifiers import CONCEPT_PARTITIONS, DESCRIPTION_PARTITIONS, is_identifier
from campaigns.models import SnomedCode
from campaigns.models.snomed import SnomedRelease, SnomedTerm
from practices.audit import trail as audit

BRITISH_ENGLISH = {
    "999001261000000100": 1,  # the NHS's own, clinical part
    "999000691000001104": 2,  # the NHS's own, pharmacy part
    "900000000000508004": 3,  # Great Britain, of the international edition
}
"""The reference sets that say which term is preferred, by who has the last word."""

_FULL_NAME, _SYNONYM = "900000000000003001", "900000000000013009"
_PREFERRED = "900000000000548007"

Staged = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did: rows read, terms there now, and what that changed. `gone` are our codes that are not active."""

    effective_date: date
    rows: int
    terms: int
    added: int
    changed: int
    removed: int
    without_preferred: int
    gone: list[str]


def load(path: Path) -> Report:
    """Load the release at a path in one transaction. Raises NotRf2, and then nothing has changed."""
    with release(path) as sources, transaction.atomic(), connection.cursor() as cursor:
        # A second run waits for the first; people go on searching.
        cursor.execute("LOCK TABLE campaigns_snomedterm IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(_STAGE)
        rows = sum(_stage(cast(Cursor, cursor), source) for source in sources)
        cursor.execute(_CHOOSE)
        terms, without_preferred = _counts(cursor, _COUNT)
        if not terms:
            raise NotRf2("No active concept of this release has a name in English.")
        added, changed = _counts(cursor, _MERGE)
        cursor.execute(_REMOVE)
        removed = cursor.rowcount
        report = Report(_newest(cursor), rows, terms, added, changed, removed, without_preferred, _gone())
        _record(report)
    return report


def _stage(cursor: Cursor, source: Source) -> int:
    """Read one file into its table; how many rows it had."""
    command, staged = _WAYS[source.part.name]
    count = 0
    with cursor.copy(command) as copy:
        for row in source.rows():
            _check(row)
            count += 1
            if values := staged(row):
                copy.write_row(values)
    return count


def _check(row: Row) -> None:
    """Raise NotRf2 unless the row has what all have: a date, and whether it is active."""
    _, effective, active, *_ = row.cells
    if not (len(effective) == 8 and effective.isascii() and effective.isdigit() and active in ("0", "1")):
        raise NotRf2(f"{row.where}: this is not a date and a state of an RF2 row.")


def _require(identifier: str, partitions: frozenset[str], row: Row) -> None:
    if not is_identifier(identifier, partitions):
        raise NotRf2(f"{row.where}: {identifier[:30]} is not a SNOMED CT id of its kind. Was the file changed?")


def _concept(row: Row) -> Staged:
    identifier, effective, active, *_ = row.cells
    _require(identifier, CONCEPT_PARTITIONS, row)
    return identifier, effective, active


def _description(row: Row) -> Staged | None:
    identifier, effective, active, _, concept, language, kind, term, _ = row.cells
    _require(identifier, DESCRIPTION_PARTITIONS, row)
    _require(concept, CONCEPT_PARTITIONS, row)
    if kind not in (_FULL_NAME, _SYNONYM) or not language.startswith("en"):
        return None
    return identifier, effective, active, concept, kind == _FULL_NAME, " ".join(term.split())


def _language(row: Row) -> Staged | None:
    member, effective, active, _, reference_set, description, acceptability = row.cells
    rank = BRITISH_ENGLISH.get(reference_set)
    return (member, effective, active, rank, description, acceptability == _PREFERRED) if rank else None


_WAYS: dict[str, tuple[str, Callable[[Row], Staged | None]]] = {
    CONCEPTS.name: ("COPY rf2_concept FROM STDIN", _concept),
    DESCRIPTIONS.name: ("COPY rf2_description FROM STDIN", _description),
    LANGUAGES.name: ("COPY rf2_language FROM STDIN", _language),
}

_STAGE = """
DROP TABLE IF EXISTS pg_temp.rf2_concept, pg_temp.rf2_description, pg_temp.rf2_language, pg_temp.rf2_chosen;
CREATE TEMPORARY TABLE rf2_concept (id text, effective text, active text) ON COMMIT DROP;
CREATE TEMPORARY TABLE rf2_description
    (id text, effective text, active text, concept text, full_name boolean, term text) ON COMMIT DROP;
CREATE TEMPORARY TABLE rf2_language
    (member text, effective text, active text, rank integer, description text, preferred boolean) ON COMMIT DROP
"""

_CHOOSE = """
ANALYZE rf2_concept;
ANALYZE rf2_description;
ANALYZE rf2_language;
CREATE TEMPORARY TABLE rf2_chosen ON COMMIT DROP AS
WITH concept AS (
    SELECT DISTINCT ON (id) id, active FROM rf2_concept ORDER BY id, effective DESC, active
), description AS (
    SELECT DISTINCT ON (id) * FROM rf2_description ORDER BY id, effective DESC, active
), language AS (
    SELECT DISTINCT ON (member) * FROM rf2_language ORDER BY member, effective DESC, active
), ranked AS (
    SELECT description, min(rank) AS rank FROM language WHERE active = '1' AND preferred GROUP BY description
), named AS (
    SELECT DISTINCT ON (description.concept, description.full_name)
        description.id, description.concept, description.full_name, description.term, ranked.rank
    FROM description
    JOIN concept ON concept.id = description.concept AND concept.active = '1'
    LEFT JOIN ranked ON ranked.description = description.id
    WHERE description.active = '1' AND description.term <> '' AND (description.full_name OR ranked.rank IS NOT NULL)
    ORDER BY description.concept, description.full_name, ranked.rank NULLS LAST, description.effective DESC,
        description.id
)
SELECT full_name.concept AS concept_id,
    coalesce(preferred.term, regexp_replace(full_name.term, ' [(][^()]*[)]$', '')) AS term,
    full_name.term AS full_name,
    coalesce(preferred.id, '') AS description_id,
    preferred.term IS NULL AS without_preferred
FROM named AS full_name
LEFT JOIN named AS preferred ON preferred.concept = full_name.concept AND NOT preferred.full_name
WHERE full_name.full_name
"""

_COUNT = "SELECT count(*), count(*) FILTER (WHERE without_preferred) FROM rf2_chosen"

_MERGE = """
WITH done AS (
    INSERT INTO campaigns_snomedterm AS stored (concept_id, term, full_name, description_id)
    SELECT concept_id, term, full_name, description_id FROM rf2_chosen
    ON CONFLICT (concept_id) DO UPDATE
    SET term = excluded.term, full_name = excluded.full_name, description_id = excluded.description_id
    WHERE (stored.term, stored.full_name, stored.description_id)
        IS DISTINCT FROM (excluded.term, excluded.full_name, excluded.description_id)
    RETURNING xmax = 0 AS added
)
SELECT count(*) FILTER (WHERE added), count(*) FILTER (WHERE NOT added) FROM done
"""

_REMOVE = """
DELETE FROM campaigns_snomedterm AS stored
WHERE NOT EXISTS (SELECT FROM rf2_chosen WHERE rf2_chosen.concept_id = stored.concept_id)
"""


def _counts(cursor: CursorWrapper, query: str) -> tuple[int, int]:
    cursor.execute(query)
    first, second = cursor.fetchone()
    return first, second


def _newest(cursor: CursorWrapper) -> date:
    cursor.execute("SELECT max(effective) FROM rf2_concept")
    (effective,) = cursor.fetchone()
    try:
        return date.fromisoformat(effective)
    except ValueError:
        raise NotRf2(f"The newest concept's date is {effective}, which is none.") from None


def _gone() -> list[str]:
    """The codes that staff may choose and that the release does not have as active."""
    there = SnomedTerm.objects.values("concept_id")
    ours = SnomedCode.objects.filter(active=True, approved_at__isnull=False).exclude(concept_id__in=there)
    return list(ours.order_by("concept_id").values_list("concept_id", flat=True).distinct())


def _record(report: Report) -> None:
    SnomedRelease.objects.create(effective_date=report.effective_date, terms=report.terms)
    audit.record(
        "snomed.imported",
        practice=None,
        actor=None,
        release=report.effective_date.isoformat(),
        terms=report.terms,
        added=report.added,
        changed=report.changed,
        removed=report.removed,
    )
