"""The hooks before a commit run what `make lint` runs, and fetch nothing."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HOOKS = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def test_the_hooks_run_what_make_lint_runs_in_its_order() -> None:
    assert hook_commands() == lint_commands()
    assert len(hook_commands()) >= 7


def test_every_hook_is_of_this_repository_and_looks_at_all_of_it() -> None:
    hooks = len(hook_commands())
    assert re.findall(r"repo: *(\S+)", HOOKS) == ["local"]
    assert re.findall(r"language: *(\S+)", HOOKS) == ["system"] * hooks
    assert re.findall(r"pass_filenames: *(\S+)", HOOKS) == ["false"] * hooks


def hook_commands() -> list[str]:
    """The command of each hook, as a shell would be given it: `env` only stands where there is no shell."""
    return [entry.removeprefix("env ") for entry in re.findall(r"^ *entry: (.+)$", HOOKS, re.MULTILINE)]


def lint_commands() -> list[str]:
    """The commands of the target `lint`, with the Makefile's variables filled in."""
    recipe = re.search(r"^lint:.*\n((?:\t.+\n)+)", MAKEFILE, re.MULTILINE)
    assert recipe
    variables = dict(re.findall(r"^(\w+) :?= *(.+)$", MAKEFILE, re.MULTILINE))
    commands = [line.strip().removeprefix("@") for line in recipe[1].splitlines()]
    return [re.sub(r"\$\((\w+)\)", lambda name: variables[name[1]], command) for command in commands]
