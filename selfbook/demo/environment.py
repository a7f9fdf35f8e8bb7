"""The environment of a stack: made once with keys of its own, and kept beside its data."""

import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet

from selfbook.embedded.ports import free_port, is_free

Chooser = Callable[[int], int]


def preferred(port: int) -> int:
    """This port, or any other when it is taken: for a stack that people look at."""
    return port if is_free(port) else free_port()


def any_port(_: int) -> int:
    """Any free port: for stacks that come and go."""
    return free_port()


def load(folder: Path, choose: Chooser) -> dict[str, str]:
    """The stack's environment: its own keys from its folder (made now if there are none), its ports chosen afresh.

    The address of the web is kept while its port is free, since links in texts already sent hold it.
    """
    file = folder / "environment"
    values = _read(file) if file.exists() else _new_keys()
    web = int(values.get("WEB_PORT", "8000"))
    sandbox = int(values.get("SANDBOX_PORT", "8081"))
    values.setdefault("SECOND_FACTOR_REQUIRED", "off")  # whoever tries it out has no phone at hand for each role
    values["WEB_PORT"], values["SANDBOX_PORT"] = str(choose(web)), str(choose(sandbox))
    values["PUBLIC_BASE_URL"] = f"http://127.0.0.1:{values['WEB_PORT']}"
    values["SANDBOX_URL"] = f"http://127.0.0.1:{values['SANDBOX_PORT']}"
    folder.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    return values


def _read(file: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in file.read_text().splitlines() if line)


def _new_keys() -> dict[str, str]:
    return {
        "SELFBOOK_ENV": "development",
        "DJANGO_SETTINGS_MODULE": "selfbook.settings",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "LINK_KEYS": secrets.token_urlsafe(32),
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "ALLOW_TEST_NUMBERS": "on",
        # It is left for days and started again, and nobody there is to ask for leave.
        "HOLD_AFTER_MINUTES": "0",
        "CHECK_SYSTMONE_RECORDS": "on",
        # Whoever looks at it at night wants to see texts go.
        "SOCIABLE_FROM": "0",
        "SOCIABLE_UNTIL": "24",
        "LOG_LEVEL": "WARNING",
        "DATABASE_POOL_MAX": "10",
    }
