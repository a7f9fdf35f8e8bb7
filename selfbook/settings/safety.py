"""What production refuses to start with, and why. Each line names the setting and the remedy."""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import log2
from typing import Any

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from integrations.links import RETIRED
from selfbook.settings import addresses

_SHORTEST = 32
_FEWEST_CHARACTERS = 8
_LEAST_BITS = 80
"""By how often each character comes; 32 random hexadecimal digits have more than 100."""


def faults(values: Mapping[str, Any]) -> list[str]:
    """The sentences that say which settings are unsafe for real patients; empty when all is well."""
    hosts = values["ALLOWED_HOSTS"]
    checks = [
        (values["DEBUG"], "DEBUG is on: it shows patients' data on error pages. Turn it off."),
        (len(values["SECRET_KEY"]) < 50, "SECRET_KEY is missing or short: set 50 random characters or more."),
        (not hosts, "ALLOWED_HOSTS is empty: name the hosts this service answers to."),
        (any("*" in host for host in hosts), "ALLOWED_HOSTS holds a wildcard: name each host."),
        (
            not values["PUBLIC_BASE_URL"].startswith("https://"),
            "PUBLIC_BASE_URL is not https: links in texts must be encrypted.",
        ),
        (not values["FIELD_ENCRYPTION_KEYS"], "FIELD_ENCRYPTION_KEYS is empty: set one Fernet key."),
        (
            not values["LINK_KEYS"] or any(len(key) < _SHORTEST for key in values["LINK_KEYS"] if key != RETIRED),
            "LINK_KEYS is empty or holds a short key: set 32 random characters or more.",
        ),
        (
            values["LINK_KEYS"][:1] == [RETIRED],
            f"LINK_KEYS begins with {RETIRED}: new links need a key. Put the newest first.",
        ),
        (
            any(len(key) < 32 for key in values["AUDIT_KEYS"]),
            "AUDIT_KEYS holds a short key: set 32 random characters or more.",
        ),
        (
            any(len(key) < _SHORTEST for key in values["DIGEST_KEYS"]),
            "DIGEST_KEYS holds a short key: set 32 random characters or more.",
        ),
        (
            values["EMAIL_URL"].startswith(("consolemail:", "memorymail:", "dummymail:")),
            "EMAIL_URL sends no emails: password reset links would be lost, or written to the log. Name a server.",
        ),
        (not values["SECOND_FACTOR_REQUIRED"], "SECOND_FACTOR_REQUIRED is off: a password alone would do. Turn it on."),
        (
            values["OPENID_SERVER"] and not values["OPENID_SERVER"].startswith("https://"),
            "OPENID_SERVER is not https: whoever stands between could log in as anybody.",
        ),
        (
            values["RECHECK_AFTER_HOURS"] > 48,
            "RECHECK_AFTER_HOURS is over 48: texts would go to patients who have died or left. Choose 48 or less.",
        ),
        (
            not values["BOOKED_ALREADY_DAYS"],
            "BOOKED_ALREADY_DAYS is 0: patients whom you have booked would be invited. Choose a number of days.",
        ),
        (values["ALLOW_TEST_NUMBERS"], "ALLOW_TEST_NUMBERS is on: made-up mobiles would be sent to. Turn it off."),
        (
            values["TRUST_PROXY_HEADERS"] and not values["TRUSTED_PROXIES"],
            "TRUSTED_PROXIES is empty behind a proxy: guesses from one address could not be seen. Name its networks.",
        ),
    ]
    return [
        *(sentence for wrong, sentence in checks if wrong),
        *key_faults(values["FIELD_ENCRYPTION_KEYS"]),
        *_link_key_faults(values["LINK_KEYS"]),
        *_metrics_faults(values),
        *addresses.proxy_faults(values["TRUSTED_PROXIES"]),
        *addresses.database_faults(values["DATABASE_URL"]),
        *addresses.redis_faults(values["REDIS_URL"]),
        *addresses.email_faults(values["EMAIL_URL"]),
    ]


def key_faults(keys: Sequence[str]) -> list[str]:
    """What is wrong with Fernet keys; the sentences do not repeat them."""
    return [
        f"FIELD_ENCRYPTION_KEYS: key {number} is no Fernet key. Make one with Fernet.generate_key()."
        for number, key in enumerate(keys, start=1)
        if not _is_fernet(key)
    ]


def _link_key_faults(keys: Sequence[str]) -> list[str]:
    """Keys that can be guessed, or stand there twice; the sentences do not repeat them."""
    weak = [
        f"LINK_KEYS: key {number} is not random. Make one with secrets.token_urlsafe(50)."
        for number, key in enumerate(keys, start=1)
        if len(key) >= _SHORTEST and not _looks_random(key)
    ]
    in_use = [key for key in keys if key != RETIRED]
    twice = ["LINK_KEYS holds a key twice: name each once, newest first."] if len(set(in_use)) < len(in_use) else []
    return weak + twice


def _metrics_faults(values: Mapping[str, Any]) -> list[str]:
    """A token that can be guessed shows everybody how much is sent; the sentences do not repeat it."""
    token = values["METRICS_TOKEN"]
    checks = [
        (
            token and (len(token) < _SHORTEST or not _looks_random(token)),
            "METRICS_TOKEN is short or not random. Make one with secrets.token_urlsafe(50).",
        ),
        (
            values["METRICS_PORT"] and not token,
            "METRICS_PORT is set and METRICS_TOKEN is not: nobody could read it. Set a token, or no port.",
        ),
    ]
    return [sentence for wrong, sentence in checks if wrong]


def _looks_random(key: str) -> bool:
    """Whether a key is neither one piece again and again nor of a few characters, as random ones never are."""
    again = any(key == (key[:length] * len(key))[: len(key)] for length in range(1, len(key) // 2 + 1))
    shares = [count / len(key) for count in Counter(key).values()]
    if again or len(shares) < _FEWEST_CHARACTERS:
        return False
    return -sum(share * log2(share) for share in shares) * len(key) >= _LEAST_BITS


def _is_fernet(key: str) -> bool:
    try:
        Fernet(key)
    except ValueError:
        return False
    return True


def refuse_unknown(environment: str) -> None:
    """Raise ImproperlyConfigured for a SELFBOOK_ENV that is none: a slip of the pen would switch every guard off."""
    if environment not in ("production", "development", "test"):
        raise ImproperlyConfigured("SELFBOOK_ENV must be production, development or test.")


def refuse_unsafe(values: Mapping[str, Any]) -> None:
    """Raise ImproperlyConfigured naming every unsafe setting, so that one restart mends them all."""
    problems = faults(values)
    if problems:
        lines = "".join(f"\n- {line}" for line in problems)
        raise ImproperlyConfigured(f"Selfbook will not start in production:{lines}")
