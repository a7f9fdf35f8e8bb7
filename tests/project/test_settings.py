"""Settings: documented, and refused where unsafe."""

import re
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from selfbook.management.commands.describe_settings import described
from selfbook.settings.safety import faults
from selfbook.settings.variables import VARIABLES, read
from tests.production_check import PRODUCTION, run

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_document_is_the_one_that_the_code_makes() -> None:
    assert (ROOT / "docs" / "settings.md").read_text() == described() + "\n"


def test_every_variable_is_declared_once() -> None:
    names = [variable.name for variable in VARIABLES]
    assert len(names) == len(set(names))


def test_production_settings_pass_the_deployment_check() -> None:
    outcome = run()
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


UNSAFE = [
    ({"DEBUG": "on"}, "DEBUG is on"),
    ({"SECRET_KEY": "short"}, "SECRET_KEY is missing or short"),
    ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS holds a wildcard"),
    ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS is empty"),
    ({"PUBLIC_BASE_URL": "http://book.example.nhs.uk"}, "PUBLIC_BASE_URL is not https"),
    ({"FIELD_ENCRYPTION_KEYS": ""}, "FIELD_ENCRYPTION_KEYS is empty"),
    ({"LINK_KEYS": "short"}, "LINK_KEYS is empty or holds a short key"),
    ({"EMAIL_URL": "consolemail://"}, "EMAIL_URL sends no emails"),
    ({"SECOND_FACTOR_REQUIRED": "off"}, "SECOND_FACTOR_REQUIRED is off"),
    ({"OPENID_SERVER": "http://id.example.nhs.uk"}, "OPENID_SERVER is not https"),
    ({"ALLOW_TEST_NUMBERS": "on"}, "ALLOW_TEST_NUMBERS is on"),
    ({"TRUST_PROXY_HEADERS": "on"}, "TRUSTED_PROXIES is empty"),
    ({"TRUSTED_PROXIES": "10.1.0.0/24,proxy.internal"}, "TRUSTED_PROXIES holds proxy.internal"),
    ({"TRUSTED_PROXIES": "10.1.0.0/24,0.0.0.0/0"}, "TRUSTED_PROXIES holds 0.0.0.0/0"),
    ({"EGRESS_PROXY": "abcdefghijklmnopqrstuvwxyz:3128"}, "EGRESS_PROXY is no address of a proxy"),
]
"""What is changed in an environment that is safe, and what is then said of it."""


@pytest.mark.parametrize(("changes", "error"), UNSAFE)
def test_an_unsafe_setting_is_a_fault_by_itself(
    changes: dict[str, str], error: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**PRODUCTION, **changes}.items():
        monkeypatch.setenv(name, value)
    if "is no " in error or "proxy.internal" in error:  # what cannot even be read
        with pytest.raises(ImproperlyConfigured, match=error):
            read()
    else:
        # Of the engines that this run goes by, which only this machine reaches, nothing is to be said.
        (fault,) = faults(read())
        assert fault.startswith(error)


@pytest.mark.parametrize(
    "together",
    [
        [case for case in UNSAFE if case[0].keys() <= PRODUCTION.keys() and case[0] != {"ALLOWED_HOSTS": ""}],
        [UNSAFE[3], UNSAFE[9], UNSAFE[11]],
        *([case] for case in UNSAFE[12:]),
    ],
    ids=["many", "others", "no network", "everybody", "no proxy"],
)
def test_production_refuses_unsafe_settings_and_names_each(together: list[tuple[dict[str, str], str]]) -> None:
    outcome = run(**{name: value for changes, _ in together for name, value in changes.items()})
    assert outcome.returncode != 0
    assert [error for _, error in together if error not in outcome.stderr] == []
    assert not re.search(r"abcdefghijklmnopqrstuvwxyz", outcome.stderr), "a secret was printed"


def fault_of(**changes: object) -> list[str]:
    return [line for line in faults(read() | PRODUCTION_VALUES | changes) if line.startswith(tuple(changes))]


PRODUCTION_VALUES = {"ALLOWED_HOSTS": ["book.example.nhs.uk"], "EMAIL_URL": "smtp+tls://mail.example.nhs.uk:587"}
KEY = "f3b81d0e6c7a492586e0f1d2c3b4a597"


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        *(
            ("TRUSTED_PROXIES", ["10.1.0.2", wide], f"TRUSTED_PROXIES holds {wide}: ")
            for wide in ("0.0.0.0/0", "::/0", "0.0.0.0/1", "10.0.0.0/8", "52.0.0.0/16", "2000::/3", "fd00::/8")
        ),
        ("LINK_KEYS", [KEY[:31]], "LINK_KEYS is empty or holds a short key"),
        *(("LINK_KEYS", [KEY, weak], "LINK_KEYS: key 2 is not random") for weak in ("a" * 64, "abcdefghij" * 4)),
        ("LINK_KEYS", ["ab" * 20 + "aabb" * 20], "LINK_KEYS: key 1 is not random"),
        ("LINK_KEYS", [KEY, KEY], "LINK_KEYS holds a key twice"),
        ("DATABASE_URL", "postgres://u:p@db.example.nhs.uk/s", "DATABASE_URL is not encrypted"),
        ("DATABASE_URL", "postgres://u:p@10.1.0.7:5432/s?sslmode=prefer", "DATABASE_URL is not encrypted"),
        ("DATABASE_URL", "postgres://u:p@/s?host=db.example.nhs.uk", "DATABASE_URL is not encrypted"),
        ("DATABASE_URL", "postgres://u@db.example.nhs.uk/s?sslmode=require", "DATABASE_URL has no password"),
        ("REDIS_URL", "redis://:p@redis.example.nhs.uk:6379/0", "REDIS_URL is not encrypted"),
        ("REDIS_URL", "rediss://:p@redis.example.nhs.uk/0?ssl_cert_reqs=none", "REDIS_URL is not encrypted"),
        ("REDIS_URL", "rediss://[2001:db8::5]:6379/0", "REDIS_URL has no password"),
        ("REDIS_URL", "sentinel://:p@here:26379/0;sentinel://b.example.nhs.uk", "REDIS_URL is not encrypted"),
        ("REDIS_URL", "sentinels://:p@b.example.nhs.uk/0?ssl_cert_reqs=none", "REDIS_URL is not encrypted"),
        ("REDIS_URL", "sentinels://b.example.nhs.uk:26379/0", "REDIS_URL has no password"),
        ("EMAIL_URL", "smtp://u:p@mail.example.nhs.uk:587", "EMAIL_URL is not encrypted"),
        ("EMAIL_URL", "smtp://u:p@mail:25", "EMAIL_URL is not encrypted"),
        ("EMAIL_URL", "smtp://10.1.0.9:25", "EMAIL_URL is not encrypted"),
    ],
)
def test_what_others_could_read_or_write_is_refused(name: str, value: object, error: str) -> None:
    (sentence,) = fault_of(**{name: value})
    assert sentence.startswith(error)
    assert KEY not in sentence
    assert sentence.count(". ") or ":" in sentence, "it says the remedy too"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRUSTED_PROXIES", ["10.1.0.0/24", "172.16.0.0/12", "203.0.113.0/28", "fd12:3456:789a::/48"]),
        ("LINK_KEYS", [KEY, "not-a-real-key-0123456789-abcdefghijklmnopqrstuvwxyz"]),
        ("DATABASE_URL", "postgres://u:p@db.example.nhs.uk/s?sslmode=verify-full"),
        ("DATABASE_URL", "postgres://u:p@postgres/s"),
        ("DATABASE_URL", "postgres:///s"),
        ("DATABASE_URL", "postgres://u@127.0.0.1:5433/s"),
        ("DATABASE_URL", "postgres://u@/s?host=/run/postgresql"),
        ("REDIS_URL", "rediss://:p@redis.example.nhs.uk:6380/0"),
        ("REDIS_URL", "redis://redis:6379/0"),
        ("REDIS_URL", "unix:///run/redis.sock"),
        ("EMAIL_URL", "smtp+ssl://u:p@mail.example.nhs.uk:465"),
        ("EMAIL_URL", "smtp://localhost:25"),
        ("EMAIL_URL", "smtp://127.0.0.1:25"),
    ],
)
def test_what_only_this_machine_reaches_or_nobody_can_read_is_taken(name: str, value: object) -> None:
    assert fault_of(**{name: value}) == []


def test_an_environment_that_is_none_is_refused() -> None:
    outcome = run(SELFBOOK_ENV="prod")
    assert outcome.returncode != 0
    assert "SELFBOOK_ENV must be production, development or test" in outcome.stderr
