"""Settings: documented, and refused where unsafe."""

import re
from pathlib import Path

import pytest

from selfbook.management.commands.describe_settings import described
from selfbook.settings.variables import VARIABLES
from tests.production_check import run

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_document_is_the_one_that_the_code_makes() -> None:
    assert (ROOT / "docs" / "settings.md").read_text() == described() + "\n"


def test_every_variable_is_declared_once() -> None:
    names = [variable.name for variable in VARIABLES]
    assert len(names) == len(set(names))


def test_production_settings_pass_the_deployment_check() -> None:
    outcome = run()
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


@pytest.mark.parametrize(
    ("changes", "error"),
    [
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
        ({"EGRESS_PROXY": "abcdefghijklmnopqrstuvwxyz:3128"}, "EGRESS_PROXY is no address of a proxy"),
    ],
)
def test_production_refuses_an_unsafe_setting_and_names_it(changes: dict[str, str], error: str) -> None:
    outcome = run(**changes)
    assert outcome.returncode != 0
    assert error in outcome.stderr
    assert not re.search(r"abcdefghijklmnopqrstuvwxyz", outcome.stderr), "a secret was printed"


def test_an_environment_that_is_none_is_refused() -> None:
    outcome = run(SELFBOOK_ENV="prod")
    assert outcome.returncode != 0
    assert "SELFBOOK_ENV must be production, development or test" in outcome.stderr
