"""docs/operating.md: each command in it, service, setting and file is one that there is."""

import re
import shlex
from itertools import pairwise

import pytest
from django.core.management import get_commands, load_command_class

from selfbook.settings.variables import VARIABLES
from tests.deploy.shipped import EXAMPLE, ROOT, SERVICES

PAGES = {name: (ROOT / "docs" / name).read_text("utf-8") for name in ("operating.md", "upgrading.md", "keys.md")}
OPERATING = PAGES["operating.md"]

LINES = [line.strip() for line in OPERATING.splitlines() if line.startswith("    ")]
INLINE = [code for page in PAGES.values() for code in re.findall(r"`([^`\n]+)`", page)]
COMMANDS = sorted({text for text in (*LINES, *INLINE) if re.match(r"(docker compose|deploy/|kubectl)", text)})
MANAGE = sorted(
    {
        match[1].strip()
        for text in (*LINES, *INLINE)
        for match in re.finditer(r"manage\.py ([a-z_]+(?: [^&|>]*)?)", text)
    }
)
WITH_A_VALUE = {"--signal", "--scale", "--since", "--username", "--format"}
VERBS = {"build", "up", "run", "exec", "stop", "kill", "logs", "ps"}


def test_there_are_commands() -> None:
    assert len(COMMANDS) > 25
    assert len(MANAGE) > 8


@pytest.mark.parametrize("command", MANAGE)
def test_a_command_of_manage_py_is_there_with_its_options(command: str) -> None:
    name, *arguments = shlex.split(command)
    parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
    known = {option for action in parser._actions for option in action.option_strings}
    for argument in arguments:
        if argument.startswith("--"):
            assert argument.partition("=")[0] in known, argument


@pytest.mark.parametrize("command", [text for text in COMMANDS if text.startswith("docker compose ")])
def test_a_command_of_compose_names_services_that_there_are(command: str) -> None:
    words = shlex.split(command.partition(" > ")[0].partition(" < ")[0])[2:]
    verb, *rest = words
    assert verb in VERBS
    for option, value in pairwise(rest):
        if option == "--scale":
            assert value.partition("=")[0] in SERVICES
    plain, skip = [], False
    for word in rest:
        if not skip and not word.startswith("-"):
            plain.append(word)
        skip = word in WITH_A_VALUE
    services = plain[:1] if verb in ("exec", "run") else plain
    assert set(services) <= set(SERVICES) | {"worker"}, command
    if verb in ("exec", "run"):
        assert services, command


@pytest.mark.parametrize("command", [text for text in COMMANDS if text.startswith("deploy/")])
def test_a_file_of_deploy_is_there(command: str) -> None:
    assert (ROOT / command.split()[0]).exists()


def test_settings_that_it_names_are_there() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "deploy" / "compose.yml").read_text("utf-8")))
    known = {variable.name for variable in VARIABLES} | asked | set(EXAMPLE) | {"COMPOSE_PROFILES"}
    set_in_lines = {line.partition("=")[0] for line in LINES if re.match(r"[A-Z_]+=", line)}
    named = set(re.findall(r"`([A-Z]+_[A-Z_]+)(?:=[^`]*)?`", OPERATING))
    assert set_in_lines | named <= known


def test_the_sum_in_it_is_right() -> None:
    defaults = {variable.name: variable.default for variable in VARIABLES}
    web = defaults["WEB_PROCESSES"] * defaults["DATABASE_POOL_MAX"]
    workers = defaults["WORKER_PROCESSES"] * defaults["WORKER_POOL_MAX"]
    assert f"=   {web + workers + 10}\n" in OPERATING
    web, workers = 6 * defaults["DATABASE_POOL_MAX"], 22 * defaults["WORKER_POOL_MAX"]
    assert f"{web} + {workers} + 10 = {web + workers + 10}" in OPERATING


def test_profiles_that_it_names_are_there() -> None:
    there = {profile for service in SERVICES.values() for profile in service.get("profiles", [])}
    assert set(re.findall(r"COMPOSE_PROFILES=(\w+)", OPERATING)) <= there
