"""deploy/compose.yml, which no test can start: what it says of restarts, passwords, confinement and upgrades."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import redis
import yaml

from selfbook.embedded.ports import free_port
from selfbook.embedded.redis import _executable
from selfbook.settings.addresses import proxy_faults
from selfbook.settings.variables import VARIABLES
from tests.deploy.shipped import COMPOSE, EXAMPLE, JOBS, OURS, ROOT, RUNNING, SERVICES, WORKERS
from tests.waiting import wait_until


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
    for name in OURS:
        assert set(SERVICES[name]["depends_on"]) == {"postgres", "redis"}


def test_steps_are_written_where_an_operator_looks() -> None:
    steps = ["docker compose build", "docker compose run --rm migrate", "docker compose up --detach"]
    for page in ("deploy/compose.yml", "docs/operating.md", "docs/upgrading.md"):
        source = (ROOT / page).read_text("utf-8")
        places = [source.index(step) for step in steps]
        assert places == sorted(places), page


def test_redis_and_postgresql_ask_for_passwords_that_the_settings_name() -> None:
    for service, variable in (("redis", "REDIS_PASSWORD"), ("postgres", "POSTGRES_PASSWORD")):
        assert f"${{{variable}:?set it in .env}}" in str(SERVICES[service]["environment"])
        assert f":${{{variable}:?set it in .env}}@{service}" in str(SERVICES["migrate"]["environment"])
    for name in ("web", *WORKERS, "beat"):
        for service, variable in (("redis", "REDIS_PASSWORD"), ("postgres", "APP_ROLE_PASSWORD")):
            place = "${DATABASE_HOST:-postgres}" if service == "postgres" else service
            assert f":${{{variable}:?set it in .env}}@{place}" in str(SERVICES[name]["environment"])
    for variable in ("REDIS_PASSWORD", "POSTGRES_PASSWORD", "APP_ROLE_PASSWORD"):
        assert EXAMPLE[variable] == "", "nobody's password is in the repository"


def test_every_setting_of_the_example_is_one() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "deploy" / "compose.yml").read_text("utf-8")))
    assert set(EXAMPLE) <= {variable.name for variable in VARIABLES} | asked
    assert {"POSTGRES_PASSWORD", "APP_ROLE_PASSWORD", "REDIS_PASSWORD", "SELFBOOK_VERSION"} <= asked & set(EXAMPLE)


def test_everything_runs_confined() -> None:
    for name, service in SERVICES.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["read_only"] is True, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["mem_limit"], name
        assert service["logging"]["options"] == {"max-size": "20m", "max-file": "10"}, name
        assert "privileged" not in service, name
        assert not [place for place in service.get("volumes", []) if "docker.sock" in place], name
        if name not in ("postgres", "certbot"):
            assert "cap_add" not in service, name


def test_whatever_writes_outside_a_volume_does_so_in_memory() -> None:
    for name, service in SERVICES.items():
        assert any(place.startswith("/tmp:size=") for place in service["tmpfs"]) or name == "redis", name


def test_the_proxy_alone_is_reached_from_outside() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"proxy"}
    assert COMPOSE["networks"]["back"] == {"internal": True}
    for name in ("postgres", "redis", "pgbouncer"):
        assert SERVICES[name]["networks"] == ["back"], name
    assert SERVICES["proxy"]["networks"] == ["front"], "neither PostgreSQL nor Redis is near it"
    assert {name for name, service in SERVICES.items() if "front" in service.get("networks", [])} == {"proxy", "web"}


def test_made_up_systems_are_for_staging_alone() -> None:
    for name in ("sandbox", "sandbox-proxy"):
        assert SERVICES[name]["profiles"] == ["staging"], name
    assert SERVICES["sandbox"]["environment"] == {"SELFBOOK_ENV": "development"}, "in production it does not start"
    for name in OURS:
        assert SERVICES[name]["environment"]["SELFBOOK_ENV"] == "${SELFBOOK_ENV:-production}", name
    assert "SELFBOOK_ENV" not in EXAMPLE


def test_web_can_be_there_several_times() -> None:
    for name in ("web", *WORKERS):
        assert not {"ports", "container_name", "hostname"} & set(SERVICES[name]), name


def test_the_network_of_the_proxy_is_the_one_whose_forwarded_addresses_are_believed() -> None:
    (front,) = COMPOSE["networks"]["front"]["ipam"]["config"]
    for name in OURS:
        environment = SERVICES[name]["environment"]
        assert environment["TRUSTED_PROXIES"] == front["subnet"], name
        assert environment["TRUST_PROXY_HEADERS"] == "on", name
    default = re.search(r":-([\d./]+)\}", front["subnet"])
    assert default
    assert default[1] == EXAMPLE["FRONT_NETWORK"]
    assert not proxy_faults([default[1]])


def test_what_runs_for_patients_does_not_know_the_owner_s_password() -> None:
    """env_file gives every setting to each: these are taken out again."""
    for name in OURS:
        assert SERVICES[name]["environment"]["POSTGRES_PASSWORD"] == "", name
        assert SERVICES[name]["environment"]["APP_ROLE_PASSWORD"] == "", name


def test_migrations_reach_postgresql_itself() -> None:
    environment = SERVICES["migrate"]["environment"]
    assert environment["DATABASE_POOLER"] == "off"
    assert environment["DATABASE_URL"].endswith("@postgres/selfbook")


def test_one_image_is_built_once_and_never_fetched() -> None:
    images = {SERVICES[name]["image"] for name in (*OURS, "migrate")}
    assert len(images) == 1
    assert [name for name in (*OURS, "migrate") if "build" in SERVICES[name]] == ["web"]
    for name in (*OURS, "migrate", "pgbouncer"):
        assert SERVICES[name]["pull_policy"] == "never", name
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert images == {f"selfbook:${{SELFBOOK_VERSION:-{version}}}"}
    assert EXAMPLE["SELFBOOK_VERSION"] == version
    assert f"ARG VERSION={version}" in (ROOT / "Dockerfile").read_text("utf-8")


def test_the_thin_file_leads_to_it() -> None:
    (included,) = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["include"]
    assert included == {"path": "deploy/compose.yml", "project_directory": ".", "env_file": ".env"}
    for name, service in SERVICES.items():
        for place in service.get("volumes", []):
            source = place.split(":")[0]
            assert not source.startswith("./") or (ROOT / source).exists(), (name, source)


def test_the_example_counts_the_processes_that_there_are() -> None:
    commands = " ".join(SERVICES[name]["command"] for name in WORKERS)
    processes = sum(map(int, re.findall(r"--concurrency (\d+)", commands)))
    assert int(EXAMPLE["WORKER_PROCESSES"]) == processes
    started = (ROOT / "Dockerfile").read_text("utf-8")
    assert f'"--workers", "{EXAMPLE["WEB_PROCESSES"]}"' in started


def test_jobs_are_not_part_of_up() -> None:
    for name in JOBS:
        assert SERVICES[name]["profiles"] == ["job"], name
        assert SERVICES[name]["restart"] == "no", name


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
