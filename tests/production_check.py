"""Runs Django's deployment check on production settings: `python -m tests.production_check`. Nothing is silenced."""

import os
import subprocess
import sys

PRODUCTION = {
    "SELFBOOK_ENV": "production",
    "SECRET_KEY": "not-a-real-key-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ",
    "ALLOWED_HOSTS": "book.example.nhs.uk",
    "PUBLIC_BASE_URL": "https://book.example.nhs.uk",
    "FIELD_ENCRYPTION_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "LINK_KEYS": "not-a-real-key-0123456789-abcdefghijklmnopqrstuvwxyz",
    "EMAIL_URL": "smtp+tls://mail.example.nhs.uk:587",
    "DEBUG": "off",
    "ALLOW_TEST_NUMBERS": "off",
    "SECOND_FACTOR_REQUIRED": "on",
    "RECHECK_AFTER_HOURS": "24",
    "BOOKED_ALREADY_DAYS": "84",
}


def run(**changes: str) -> subprocess.CompletedProcess[str]:
    """The check's outcome on production settings with some of them changed."""
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        env={**os.environ, **PRODUCTION, **changes},
        capture_output=True,
        text=True,
    )


if __name__ == "__main__":
    outcome = run()
    sys.stdout.write(outcome.stdout + outcome.stderr)
    sys.exit(outcome.returncode)
