"""Every migration since the last release leaves that release able to run: beside this one, and after a roll-back."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from core.database import BuildIndex
from tests.upgrades.rules import Judge, Release

ROOT = Path(__file__).resolve().parents[2]
RELEASE = Release.read()
LOADER = MigrationLoader(None)


def plan() -> list[tuple[str, str]]:
    """All migrations, in the order in which they run."""
    nodes: list[tuple[str, str]] = []
    for leaf in sorted(LOADER.graph.leaf_nodes()):
        nodes += [node for node in LOADER.graph.forwards_plan(leaf) if node not in nodes]
    return nodes


def test_the_release_is_the_newest_of_the_changelog_and_its_migrations_are_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert RELEASE.version == project["version"], "a release was made: see the top of released.toml"
    assert set(RELEASE.last) == {path.parent.name for path in ROOT.glob("*/migrations")}
    assert set(RELEASE.last.items()) <= LOADER.graph.nodes.keys()
    models_by_label = {f"{app}.{model}" for app, model in LOADER.project_state().models}
    assert models_by_label >= RELEASE.big


@pytest.mark.hazard("H-22.4")
def test_what_came_since_only_adds() -> None:
    released = {node for last in RELEASE.last.items() for node in LOADER.graph.forwards_plan(last)}
    judge, state, wrong = Judge(RELEASE), ProjectState(), list[str]()
    for node in plan():
        migration = LOADER.graph.nodes[node]
        if node not in released and node[0] in RELEASE.last:
            wrong += judge.faults(migration, state.clone())
        state = migration.mutate_state(state, preserve=False)
    assert wrong == []
    assert judge.used == RELEASE.reviewed, "what is reviewed is there, under that name"


BEFORE = ProjectState()
migrations.CreateModel(
    "Patient",
    [
        ("id", models.BigAutoField(primary_key=True)),
        ("name", models.CharField(max_length=10)),
        ("state", models.CharField(max_length=10, choices=[("a", "A")])),
        ("code", models.IntegerField(null=True)),
    ],
    {
        "constraints": [
            models.UniqueConstraint(fields=["code"], name="once"),
            models.CheckConstraint(condition=models.Q(code__gt=0), name="positive"),
        ]
    },
).state_forwards("clinic", BEFORE)

INDEX = models.Index(fields=["code"], name="by_code")
CHECK = models.CheckConstraint(condition=models.Q(code__lt=9), name="small")
Text = models.CharField


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        (migrations.AddField("patient", "more", Text(max_length=5, default="")), "db_default"),
        (migrations.AddField("patient", "more", models.IntegerField(default=1), preserve_default=False), "db_default"),
        (migrations.RemoveField("patient", "code"), "one release later"),
        (migrations.RenameField("patient", "code", "number"), "one release later"),
        (migrations.DeleteModel("Patient"), "one release later"),
        (migrations.RenameModel("Patient", "Person"), "one release later"),
        (migrations.AlterModelTable("Patient", "people"), "one release later"),
        (migrations.AlterField("patient", "name", Text(max_length=5)), "no widening"),
        (migrations.AlterField("patient", "name", models.IntegerField()), "no widening"),
        (migrations.AlterField("patient", "name", Text(max_length=10, null=True)), "read nothing"),
        (migrations.AlterField("patient", "code", models.IntegerField()), "store nothing"),
        (migrations.AlterField("patient", "name", Text(max_length=10, unique=True)), "break the other"),
        (migrations.AlterField("patient", "state", Text(max_length=10, choices=[("a", "A"), ("b", "B")])), "'b'"),
        (migrations.AddIndex("patient", INDEX), "BuildIndex"),
        (AddIndexConcurrently("patient", INDEX), "BuildIndex"),
        (migrations.AddConstraint("patient", CHECK), "may break it"),
        (AddConstraintNotValid("patient", CHECK), "may break it"),
        (migrations.RemoveConstraint("patient", "once"), "ON CONFLICT"),
        (migrations.RunSQL("SELECT 1"), "say why"),
        (migrations.RunPython(migrations.RunPython.noop), "say why"),
        (migrations.SeparateDatabaseAndState([migrations.RemoveField("patient", "code")]), "one release later"),
        (migrations.AlterUniqueTogether("Patient", {("name", "code")}), "say why"),
    ],
    ids=lambda value: "" if isinstance(value, str) else type(value).__name__,
)
def test_what_the_former_release_could_not_bear_is_refused(operation: Any, reason: str) -> None:
    (fault,) = judged(operation)
    assert reason in fault


@pytest.mark.parametrize(
    "operation",
    [
        migrations.CreateModel("Visit", [("id", models.BigAutoField(primary_key=True))]),
        migrations.AddField("patient", "more", Text(max_length=5, default="", db_default="")),
        migrations.AddField("patient", "more", models.DateField(null=True)),
        migrations.AlterField("patient", "name", Text(max_length=20)),
        migrations.AlterField("patient", "name", Text(max_length=10, help_text="As in the record.")),
        migrations.AlterField("patient", "name", models.TextField()),
        migrations.AlterField("patient", "code", models.IntegerField(null=True, db_default=1)),
        migrations.RemoveConstraint("patient", "positive"),
        BuildIndex("patient", INDEX),
        migrations.AlterModelOptions("patient", {"verbose_name": "someone"}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_only_adds_is_allowed(operation: Any) -> None:
    assert judged(operation) == []


def judged(*operations: Any, dropped: dict[str, str] | None = None) -> list[str]:
    release = Release("0.2.0", {}, frozenset(["clinic.patient"]), frozenset(), dropped or {})
    migration = type("Next", (migrations.Migration,), {"operations": operations})("0009_next", "clinic")
    return Judge(release).faults(migration, BEFORE.clone())


def test_a_new_table_may_have_anything_and_data_is_moved_apart() -> None:
    made = migrations.CreateModel("Visit", [("id", models.BigAutoField(primary_key=True))])
    assert judged(made, migrations.AddField("visit", "day", models.IntegerField(default=1))) == []
    added = migrations.AddField("patient", "more", models.DateField(null=True))
    mixed = judged(added, migrations.RunSQL("SELECT 1"))
    assert any("migration of its own" in fault for fault in mixed)


def test_what_an_earlier_release_stopped_using_may_go() -> None:
    gone = migrations.RemoveField("patient", "code")
    assert judged(gone, dropped={"RemoveField clinic.patient.code": "0.2.0"}) == []
    assert judged(gone, dropped={"RemoveField clinic.patient.code": "0.3.0"}), "not in the release that stops using it"
