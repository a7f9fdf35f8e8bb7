"""Rules of the whole project that no single room can hold."""

import inspect
from importlib import import_module
from pathlib import Path

import pytest
from celery import Task
from django.core.management import call_command, get_commands, load_command_class

from selfbook.celery import app

ROOT = Path(__file__).resolve().parent.parent.parent
ROOMS = {"selfbook", "booking", "campaigns", "patients", "integrations", "practices", "core"}
OWN_COMMANDS = sorted(name for name, of in get_commands().items() if of in ROOMS)

app.loader.import_default_modules()
OWN_TASKS: dict[str, Task[..., object]] = {
    name: task for name, task in app.tasks.items() if task.__module__.split(".")[0] in ROOMS
}


def test_own_commands_are_found() -> None:
    assert {"demo", "load_catalogue", "seed_demo", "describe_settings"} <= set(OWN_COMMANDS)


@pytest.mark.parametrize("name", OWN_COMMANDS)
def test_every_own_command_has_help(name: str) -> None:
    command = load_command_class(get_commands()[name], name)
    assert len(command.help.split()) >= 4
    parser = command.create_parser("manage.py", name)
    own = [action for action in parser._actions if action.dest not in _base_options()]
    assert [action.dest for action in own if not action.help] == []


def _base_options() -> set[str]:
    parser = load_command_class("django.core", "check").create_parser("manage.py", "check")
    return {action.dest for action in parser._actions} - {"args", "tags"}


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_the_beat_asks_for_tasks_that_are_there() -> None:
    assert app.conf.beat_schedule
    for entry in app.conf.beat_schedule.values():
        assert entry["task"] in OWN_TASKS, entry


def test_every_hint_is_for_a_task_that_is_there() -> None:
    hints = []
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            for line in path.read_text(encoding="utf-8").splitlines():
                start, _, rest = line.partition('hint("')
                if rest and not start.strip().startswith(("#", '"')):
                    hints.append(rest.split('"')[0])
    assert len(hints) >= 6
    assert set(hints) <= set(OWN_TASKS)


@pytest.mark.parametrize("name", sorted(OWN_TASKS))
def test_every_task_is_thin_and_takes_ids_only(name: str) -> None:
    task = OWN_TASKS[name]
    module = import_module(task.__module__)
    assert module.__name__.endswith(".tasks")
    function = inspect.unwrap(task.run)
    source = inspect.getsource(function)
    assert len(source.splitlines()) <= 12, "the work belongs into a service"
    assert function.__doc__
    for parameter in inspect.signature(function).parameters.values():
        assert parameter.annotation is str
        assert parameter.name.endswith("_id")


def test_tasks_are_in_the_files_that_the_worker_reads() -> None:
    modules = {str(path.relative_to(ROOT).with_suffix("")).replace("/", ".") for path in _task_files()}
    assert {task.__module__ for task in OWN_TASKS.values()} == modules


def _task_files() -> list[Path]:
    return [path for room in ROOMS for path in (ROOT / room).rglob("tasks.py")]


MOST_MODULES = 15
MOST_LINES = 400


def test_folders_and_files_stay_small_enough_to_look_through() -> None:
    """See decision 12. Migrations are not looked at."""
    for room in ROOMS:
        for folder in [ROOT / room, *(ROOT / room).rglob("*/")]:
            if folder.name not in ("migrations", "__pycache__"):
                modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
                assert len(modules) <= MOST_MODULES, folder
                for path in modules:
                    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES, path
