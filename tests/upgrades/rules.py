"""What a migration may do while the former release still runs beside it, and may come back after it.

Migrations add in the release that needs them, and take away one release later. What adds and needs no waiting is right
by itself; whatever else somebody has looked at, with a reason in `released.toml`.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import connection, migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from core.database import BuildIndex

_HARMLESS = (
    *(migrations.CreateModel, migrations.AlterModelOptions, migrations.AlterModelManagers),
    *(migrations.AlterModelTableComment, migrations.RemoveIndex, migrations.RenameIndex, ValidateConstraint),
)
_TAKES_AWAY = (
    *(migrations.RemoveField, migrations.DeleteModel, migrations.RenameField, migrations.RenameModel),
    *(migrations.AlterModelTable,),
)


@dataclass(frozen=True)
class Release:
    """What `released.toml` says: the last release, big tables, and what somebody has looked at."""

    version: str
    last: dict[str, str]
    big: frozenset[str]
    reviewed: frozenset[tuple[str, str]]
    dropped: dict[str, str]

    @classmethod
    def read(cls) -> "Release":
        """The file beside this module."""
        stored = tomllib.loads((Path(__file__).parent / "released.toml").read_text(encoding="utf-8"))
        return cls(
            stored["version"],
            stored["last"],
            frozenset(stored["big"]["tables"]),
            frozenset((entry["migration"], entry["operation"]) for entry in stored.get("reviewed", []) if entry["why"]),
            {entry["operation"]: entry["unused_since"] for entry in stored.get("dropped", [])},
        )


@dataclass
class Judge:
    """Looks at the operations of one migration after the other; `created` are the tables that are new since."""

    release: Release
    created: set[str] = field(default_factory=set)
    used: set[tuple[str, str]] = field(default_factory=set)

    def faults(self, migration: migrations.Migration, state: ProjectState) -> list[str]:
        """What in a migration the former release could not bear, in words. `state` is of before, and is moved on."""
        app, wrong = migration.app_label, []
        named = f"{app}.{migration.name}"
        operations = list(_flat(migration.operations))
        for operation in operations:
            after = state.clone()
            operation.state_forwards(app, after)
            for name, why in self._of(operation, app, state, after):
                if (named, name) in self.release.reviewed:
                    self.used.add((named, name))
                elif not self._was_announced(f"{name.replace(' ', f' {app}.', 1)}"):
                    wrong.append(f"{named}: {name}: {why}")
            state = after
        return wrong + self._mixed(named, app, operations)

    def _was_announced(self, name: str) -> bool:
        """Whether it takes away what an earlier release no longer used."""
        since = self.release.dropped.get(name)
        return since is not None and _number(since) <= _number(self.release.version)

    def _of(
        self, operation: Operation, app: str, before: ProjectState, after: ProjectState
    ) -> Iterator[tuple[str, str]]:
        """What is wrong with an operation: its name, as `released.toml` would have it, and why."""
        kind = type(operation).__name__
        model = getattr(operation, "model_name", getattr(operation, "name", "")).lower()
        is_new, is_big = f"{app}.{model}" in self.created, f"{app}.{model}" in self.release.big
        match operation:
            case migrations.CreateModel():
                self.created.add(f"{app}.{model}")
            case _ if is_new or isinstance(operation, _HARMLESS):
                return
            case migrations.AddField(name=name) | migrations.AlterField(name=name):
                was = before.models[app, model].fields.get(name)
                if why := _why_not(was, after.models[app, model].get_field(name)):
                    yield f"{kind} {model}.{name}", why
            case migrations.AddIndex(index=index):
                if (is_big and not isinstance(operation, BuildIndex)) or type(operation) is AddIndexConcurrently:
                    yield f"{kind} {index.name}", "build it with core.database.BuildIndex, with atomic = False"
            case migrations.RemoveConstraint(name=name):
                yield from _removed(before.models[app, model].get_constraint_by_name(name), kind)
            case _:
                yield _other(operation, kind, model)

    def _mixed(self, named: str, app: str, operations: list[Operation]) -> list[str]:
        """Data that is moved while a big table is locked by a change of it in the same transaction."""
        locked = [
            operation
            for operation in operations
            if f"{app}.{getattr(operation, 'model_name', '').lower()}" in self.release.big
            and not isinstance(operation, BuildIndex)
        ]
        wrong = []
        for operation in operations if locked else []:
            name = f"{type(operation).__name__} beside a change"
            if not isinstance(operation, migrations.RunSQL | migrations.RunPython):
                continue
            if (named, name) in self.release.reviewed:
                self.used.add((named, name))
            else:
                wrong.append(f"{named}: {name}: move data in a migration of its own: a big table is locked meanwhile")
        return wrong


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _flat(operations: Any) -> Iterator[Operation]:
    """Operations, with what is done to the database only in place of those that are taken apart."""
    for operation in operations:
        if isinstance(operation, migrations.SeparateDatabaseAndState):
            yield from _flat(operation.database_operations)
        else:
            yield operation


def _other(operation: Operation, kind: str, model: str) -> tuple[str, str]:
    """What takes something away, and what nobody can judge by its kind."""
    if isinstance(operation, migrations.AddConstraint):
        name = operation.constraint.name
        return f"{kind} {name}", "rows of the former release may break it, and checking them locks the table"
    if isinstance(operation, _TAKES_AWAY):
        name = f".{getattr(operation, 'name', '')}" if hasattr(operation, "model_name") else ""
        name = name or getattr(operation, "old_name", "")
        return f"{kind} {model}{name}", "the former release still uses it: take it away one release later"
    return kind, "say why the former release bears it"


def _why_not(was: Any, now: Any) -> str:
    """Why a new or changed column stops the former release; empty where it does not."""
    if was is None:
        if now.many_to_many or now.null or now.has_db_default():
            return ""
        return "the former release's INSERT names no such column: give it db_default, or null=True"
    if more := _choices(now) - _choices(was) if was.choices and now.choices else set():
        return f"the former release does not know {sorted(map(str, more))}: say how it reads them"
    losses = (
        (was.null and not now.null, "the former release may store nothing there"),
        (now.null and not was.null, "the former release may not be able to read nothing"),
        (was.unique is not now.unique, "the former release may rely on the one, or break the other"),
        (was.has_db_default() and not now.has_db_default(), "the former release may rely on the default"),
        (not _is_as_wide(was, now), "that is no widening: the former release's values may not fit"),
    )
    return next((why for lost, why in losses if lost), "")


def _choices(bound: Any) -> set[Any]:
    return {value for value, _ in bound.flatchoices}


def _is_as_wide(was: Any, now: Any) -> bool:
    """Whether the type is the same, or a text may only be longer, which PostgreSQL does without reading the table."""
    if was.db_parameters(connection)["type"] == now.db_parameters(connection)["type"]:
        return True
    texts = isinstance(was, models.CharField) and isinstance(now, models.CharField | models.TextField)
    return texts and (now.max_length is None or (was.max_length or 0) <= now.max_length)


def _removed(constraint: Any, kind: str) -> Iterator[tuple[str, str]]:
    """A check that goes lets more in; uniqueness the former release may name in ON CONFLICT."""
    if not isinstance(constraint, models.CheckConstraint):
        yield f"{kind} {constraint.name}", "the former release may rely on it: ON CONFLICT names it"
