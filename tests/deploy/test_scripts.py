"""make-env and make-certificate, run; and that what they write is what production starts with."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from selfbook.settings.variables import VARIABLES
from tests.deploy.shipped import DEPLOY, EXAMPLE, ROOT, settings_of

HOST = "book.practice.nhs.uk"
EMAIL = "smtp+tls://user%40example:p%2Fw%3A1@mail.practice.nhs.uk:587"


def run(script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([DEPLOY / script, *arguments], capture_output=True, text=True)


def made(file: Path) -> dict[str, str]:
    outcome = run("make-env", HOST, EMAIL, file)
    assert outcome.returncode == 0, outcome.stderr
    return settings_of(file.read_text())


def test_production_starts_with_what_it_writes(tmp_path: Path) -> None:
    values = made(tmp_path / ".env")
    assert set(values) == set(EXAMPLE)
    known = {variable.name for variable in VARIABLES}
    environment = {name: value for name, value in os.environ.items() if name not in known}
    environment |= {name: value for name, value in values.items() if name in known}
    environment |= {
        "SELFBOOK_ENV": "production",
        "TRUST_PROXY_HEADERS": "on",
        "TRUSTED_PROXIES": values["FRONT_NETWORK"],
        "DATABASE_URL": f"postgres://selfbook_app:{values['APP_ROLE_PASSWORD']}@postgres/selfbook",
        "REDIS_URL": f"redis://:{values['REDIS_PASSWORD']}@redis:6379/0",
    }
    command = [".venv/bin/python", "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    outcome = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert outcome.returncode == 0, outcome.stderr
    assert values["PUBLIC_BASE_URL"] == f"https://{HOST}"
    assert values["EMAIL_URL"] == EMAIL


def test_each_secret_is_its_own_and_fits_an_address(tmp_path: Path) -> None:
    first, second = made(tmp_path / "a"), made(tmp_path / "b")
    secrets = [name for name, value in EXAMPLE.items() if value == "" and name != "AUDIT_HEAD_TO"]
    assert len(secrets) == 9
    for name in secrets:
        assert first[name] != second[name], name
        assert set(first[name]) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_="), name
        assert len(first[name]) >= 43, name
        assert name == "FIELD_ENCRYPTION_KEYS" or "=" not in first[name], name
    assert len({first[name] for name in secrets}) == len(secrets)


def test_nobody_else_may_read_it_and_it_is_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    made(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_text()
    outcome = run("make-env", HOST, EMAIL, file)
    assert outcome.returncode == 2
    assert "there already" in outcome.stderr
    assert file.read_text() == before


@pytest.mark.parametrize(
    ("host", "email", "remedy"),
    [
        ("", EMAIL, "say the host"),
        ("https://book.practice.nhs.uk", EMAIL, "without https://"),
        ("Book.practice.nhs.uk", EMAIL, "small letters"),
        ("*.practice.nhs.uk", EMAIL, "the host is a name"),
        ("book practice", EMAIL, "the host is a name"),
        (HOST, "", "begins with smtp+tls://"),
        (HOST, "smtp://mail.practice.nhs.uk", "begins with smtp+tls://"),
        (HOST, "smtp+tls://user:p$word@mail", "%24"),
        (HOST, "smtp+tls://user:p#word@mail", "%23"),
        (HOST, "smtp+tls://user:p word@mail", "% and its two digits"),
        (HOST, "smtp+tls://user@example.org:password@mail", "%40"),
    ],
)
def test_what_would_not_work_is_refused_with_the_remedy(tmp_path: Path, host: str, email: str, remedy: str) -> None:
    outcome = run("make-env", host, email, tmp_path / ".env")
    assert outcome.returncode == 2
    assert remedy in outcome.stderr
    assert not (tmp_path / ".env").exists()


def test_a_certificate_to_start_with(tmp_path: Path) -> None:
    assert run("make-certificate", HOST, tmp_path).returncode == 0
    shown = subprocess.run(
        ["openssl", "x509", "-in", tmp_path / "fullchain.pem", "-noout", "-ext", "subjectAltName"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"DNS:{HOST}" in shown.stdout
    assert stat.S_IMODE((tmp_path / "privkey.pem").stat().st_mode) == 0o600
    assert run("make-certificate", HOST, tmp_path).returncode == 2, "one that is there stays"
    assert run("make-certificate").returncode != 0


def test_pgbouncer_gets_its_password_in_memory_alone() -> None:
    script = (DEPLOY / "pgbouncer" / "start.sh").read_text("utf-8")
    assert "umask 077" in script
    assert "exec pgbouncer" in script
    configuration = (DEPLOY / "pgbouncer" / "pgbouncer.ini").read_text("utf-8")
    assert "pool_mode = transaction" in configuration
    assert "auth_type = scram-sha-256" in configuration
    assert "password" not in configuration.replace("passwords come from", "")


@pytest.mark.parametrize("script", ["make-env", "make-certificate", "pgbouncer/start.sh"])
def test_a_script_runs_and_is_read_whole(script: str) -> None:
    assert os.access(DEPLOY / script, os.X_OK)
    subprocess.run(["sh", "-n", DEPLOY / script], check=True)


def test_the_image_has_nothing_that_builds_or_installs() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    last = text.rpartition("\nFROM ")[2]
    assert "pip uninstall" in last
    assert "pip install" not in last
    assert "apt-get" not in last
    assert "USER 10001" in last
    for label in ("title", "version", "revision", "licenses"):
        assert f"org.opencontainers.image.{label}=" in last
    assert "--require-hashes" in text
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert {".git", ".env*", ".venv", "deploy/proxy/certificates"} <= set(ignored)
