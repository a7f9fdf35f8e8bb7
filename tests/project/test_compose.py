"""docker-compose.yml, which no test can start: what it says of restarts, passwords and the order of an upgrade."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml

from selfbook.embedded.ports import free_port
from selfbook.embedded.redis import _executable
from selfbook.settings.variables import VARIABLES
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]
EXAMPLE = dict(
    line.split("=", 1) for line in (ROOT / ".env.example").read_text("utf-8").splitlines() if "=" in line[:30]
)
WORKERS = ["worker-bookings", "worker-sending", "worker-lists"]
RUNNING = ["web", *WORKERS, "beat", "postgres", "redis"]


@pytest.mark.hazard("H-09.7")
@pytest.mark.parametrize("name", RUNNING)
def test_whatever_ends_is_started_again_whatever_its_exit_code(name: str) -> None:
    assert SERVICES[name]["restart"] == "always"


def test_the_migrations_are_a_job_that_no_start_of_the_others_begins_or_waits_for() -> None:
    job = SERVICES["migrate"]
    assert job["restart"] == "no"
    assert job["profiles"] == ["job"], "`up` would replace web first, and have it wait"
    assert "manage.py migrate --no-input" in job["command"]
    assert {name for name in SERVICES if "profiles" not in SERVICES[name]} == {*RUNNING}
    for name in ("web", *WORKERS, "beat"):
        assert set(SERVICES[name]["depends_on"]) == {"postgres", "redis"}


def test_steps_are_written_where_an_operator_looks() -> None:
    steps = ["docker compose build", "docker compose run --rm migrate", "docker compose up --detach"]
    for page in ("docker-compose.yml", "docs/upgrading.md"):
        source = (ROOT / page).read_text("utf-8")
        places = [source.index(step) for step in steps]
        assert places == sorted(places), page


def test_redis_and_postgresql_ask_for_passwords_that_the_settings_name() -> None:
    for service, variable in (("redis", "REDIS_PASSWORD"), ("postgres", "POSTGRES_PASSWORD")):
        assert f"${{{variable}:?set it in .env}}" in str(SERVICES[service]["environment"])
        assert f":${{{variable}:?set it in .env}}@{service}" in str(SERVICES["migrate"]["environment"])
    for name in ("web", *WORKERS, "beat"):
        for service, variable in (("redis", "REDIS_PASSWORD"), ("postgres", "APP_ROLE_PASSWORD")):
            assert f":${{{variable}:?set it in .env}}@{service}" in str(SERVICES[name]["environment"])
    for variable in ("REDIS_PASSWORD", "POSTGRES_PASSWORD", "APP_ROLE_PASSWORD"):
        assert EXAMPLE[variable] == "", "nobody's password is in the repository"


def test_every_setting_of_the_example_is_one() -> None:
    known = {variable.name for variable in VARIABLES} | {"POSTGRES_PASSWORD", "REDIS_PASSWORD"}
    assert set(EXAMPLE) <= known


def test_redis_starts_with_that_password_and_stores_nothing(tmp_path: Path) -> None:
    """Its command, by the Redis that tests have."""
    port, secret = free_port(), "a-made_up-1"
    shell, option, script = SERVICES["redis"]["command"]
    script = script.replace("$$", "$").replace("redis-server", _executable())
    script = script.replace('save ""\n', f'save ""\nport {port}\ndir {tmp_path}\n')
    with subprocess.Popen([shell, option, script], env=os.environ | {"REDISCLI_AUTH": secret}, stdout=-3) as server:
        try:
            client = redis.Redis(port=port, password=secret)
            wait_until(lambda: _answers(client))
            assert client.config_get("save") == {"save": ""}
            assert client.config_get("appendonly") == {"appendonly": "no"}
            assert secret not in Path(f"/proc/{server.pid}/cmdline").read_text().replace(script, "")
            with pytest.raises(redis.AuthenticationError):
                redis.Redis(port=port).ping()
        finally:
            server.terminate()
    assert server.returncode == 0, "the signal to stop reaches Redis itself"


def _answers(client: "redis.Redis") -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False
