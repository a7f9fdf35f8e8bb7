"""Every setting that the environment may give, with its type, its default and what it is for.

This is the one place where they are declared. `manage.py describe_settings` prints them as docs/settings.md.
"""

from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from core.egress import is_proxy


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable: its name, a caster of django-environ, its default and a sentence about it."""

    name: str
    cast: str
    default: Any
    about: str
    secret: bool = False
    least: int | None = None
    most: int | None = None


VARIABLES = [
    Variable("SELFBOOK_ENV", "str", "production", "`production`, `development` or `test`. Only production is guarded."),
    Variable("SECRET_KEY", "str", "", "Signs sessions and cookies. 50 random characters or more.", secret=True),
    Variable("SECRET_KEY_FALLBACKS", "list", [], "Former secret keys, still accepted while they age out.", secret=True),
    Variable("DEBUG", "bool", False, "Django's debug pages. Refused in production."),
    Variable("ALLOWED_HOSTS", "list", [], "Host names this service answers to."),
    Variable("PUBLIC_BASE_URL", "str", "http://127.0.0.1:8000", "The address in patients' texts; https in production."),
    Variable(
        "DATABASE_URL",
        "str",
        "postgres:///selfbook",
        "PostgreSQL. Off this machine: with ?sslmode=verify-full.",
        secret=True,
    ),
    Variable("DATABASE_POOL_MAX", "int", 10, "Most connections one web process keeps to PostgreSQL; 0: no pool."),
    Variable("WORKER_POOL_MAX", "int", 2, "The same for each process of a worker.", least=1, most=100),
    Variable(
        "WEB_PROCESSES",
        "int",
        2,
        "Web processes over all machines: two in each container. With the next it is held against max_connections.",
        least=1,
        most=1000,
    ),
    Variable(
        "WORKER_PROCESSES",
        "int",
        10,
        "Processes of workers over all machines: the sum of their --concurrency.",
        least=1,
        most=1000,
    ),
    Variable(
        "DATABASE_POOLER",
        "bool",
        False,
        "DATABASE_URL leads to a pooler in transaction mode, such as PgBouncer. Never for `migrate`.",
    ),
    Variable(
        "REDIS_URL",
        "str",
        "redis://127.0.0.1:6379/0",
        "Redis: work for Celery, and short caches. Off this machine: rediss://, or sentinels:// (upgrading.md).",
        secret=True,
    ),
    Variable("REDIS_SENTINEL_MASTER", "str", "", "The name by which Sentinels know the Redis to use. Empty: none."),
    Variable("REDIS_SENTINEL_PASSWORD", "str", "", "What the Sentinels themselves ask for, if they do.", secret=True),
    Variable("FIELD_ENCRYPTION_KEYS", "list", [], "Fernet keys for connection secrets, newest first.", secret=True),
    Variable(
        "LINK_KEYS",
        "list",
        [],
        "Make personal links; newest first, 32 random characters or more, each another.",
        secret=True,
    ),
    Variable(
        "AUDIT_KEYS",
        "list",
        [],
        "Make the seals over the audit trail; newest first, 32 random characters or more. Keep former ones: old seals "
        "are checked with them. Empty: made out of SECRET_KEY.",
        secret=True,
    ),
    Variable(
        "DIGEST_KEYS",
        "list",
        [],
        "Make the digests by which opt-outs and erasures outlive the numbers themselves; newest first, 32 random "
        "characters or more. Keep former ones while rows need them. Empty: made out of SECRET_KEY.",
        secret=True,
    ),
    Variable("AUDIT_HEAD_TO", "list", [], "Email addresses that get the audit trail's head once a day. Empty: none."),
    Variable("APP_ROLE_PASSWORD", "str", "", "Password that `grant_app_role` gives to the role it makes.", secret=True),
    Variable("TRUST_PROXY_HEADERS", "bool", False, "Believe X-Forwarded-Proto. Only behind a proxy that sets it."),
    Variable(
        "TRUSTED_PROXIES",
        "list",
        [],
        "Networks of our own proxies alone, whose X-Forwarded-For is believed, such as 10.1.0.0/24.",
    ),
    Variable(
        "EGRESS_PROXY",
        "str",
        "",
        "Proxy by which calls leave this network, such as http://proxy.internal:3128; never for this machine's own "
        "addresses. Empty: none.",
        secret=True,
    ),
    Variable(
        "ALLOWED_INSIDE",
        "list",
        [],
        "Private networks that connections may lead to, such as 10.20.0.0/16 of the HSCN. No others are called, "
        "unless by EGRESS_PROXY.",
    ),
    Variable(
        "GP_CONNECT_SIDECAR",
        "bool",
        False,
        "A program on this machine ends the mutual TLS of GP Connect: its address may be http:// on loopback.",
    ),
    Variable(
        "STAMP_FILE",
        "str",
        "",
        "A file on a disk that outlives this process, and is not restored with the database: by it a database that "
        "was set back is known though Redis was emptied. Empty: Redis alone.",
    ),
    Variable(
        "JOURNAL_FILE",
        "str",
        "",
        "A file on a disk that outlives this process, and is not restored with the database: erasures and opt-outs "
        "since a dump, as digests. Empty: beside STAMP_FILE, or where that is empty too, Redis alone.",
    ),
    Variable(
        "BACKUP_STAMP_FILE",
        "str",
        "",
        "A file that your backup touches when it has succeeded: the admin's page Status says when that was.",
    ),
    Variable(
        "HOLD_AFTER_MINUTES",
        "int",
        60,
        "Where nothing of Selfbook ran for longer, everything is held until an administrator lets it go; 0: never.",
        least=0,
        most=10080,
    ),
    Variable(
        "EMAIL_URL",
        "str",
        "consolemail://",
        "The server that staff emails (alerts, new passwords) go by; smtp+tls:// or smtp+ssl:// in production.",
        secret=True,
    ),
    Variable(
        "EMAIL_TIMEOUT",
        "int",
        10,
        "Seconds that a mail server may take for one step before it is given up.",
        least=1,
        most=60,
    ),
    Variable("DEFAULT_FROM_EMAIL", "str", "selfbook@localhost", "The sender of staff emails."),
    Variable("LOG_LEVEL", "str", "INFO", "Least severe log line that is written."),
    Variable("OPERATOR_NAME", "str", "", "Who runs this Selfbook for practices, as patients' privacy pages name them."),
    Variable("OPERATOR_CONTACT", "str", "", "An email address or phone number for problems with accessibility."),
    Variable(
        "METRICS_TOKEN",
        "str",
        "",
        "What Prometheus shows to read /metrics (`Authorization: Bearer …`). Empty: nobody reads it.",
        secret=True,
    ),
    Variable(
        "METRICS_PORT",
        "int",
        0,
        "The port on which a worker's own numbers are read, with METRICS_TOKEN; 0: none.",
        least=0,
        most=65535,
    ),
    Variable(
        "PROMETHEUS_MULTIPROC_DIR",
        "str",
        "",
        "Folder in which the processes of one container keep their numbers together. Empty: each shows its own.",
    ),
    Variable(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "str",
        "",
        "Where traces go (OTLP over HTTP); needs the extra `tracing`. Empty: there are none.",
    ),
    Variable("WORK_NOTICE", "bool", True, "Staff's pages say when work stands still (docs/monitoring.md)."),
    Variable(
        "WORK_PULSE_SECONDS",
        "int",
        120,
        "Silence of beat, or of the workers of a queue, that is bad.",
        least=20,
        most=3600,
    ),
    Variable("WORK_SWEEP_SECONDS", "int", 600, "A sweep so long after its time is bad.", least=30, most=86400),
    Variable(
        "WORK_MESSAGES_MINUTES", "int", 10, "A message due for longer that nobody takes is bad.", least=1, most=1440
    ),
    Variable(
        "WORK_CODES_MINUTES", "int", 30, "A coded entry due for longer that nobody takes is bad.", least=1, most=1440
    ),
    Variable(
        "WORK_BOOKINGS_MINUTES", "int", 5, "A booking due for longer that nobody takes is bad.", least=1, most=1440
    ),
    Variable(
        "WORK_LISTS_MINUTES", "int", 15, "A patient list due for longer that nobody takes is bad.", least=1, most=1440
    ),
    Variable("NHS_IDENTITY", "bool", False, "Use the NHS logo and typeface. Only for those who may."),
    Variable("ALLOW_TEST_NUMBERS", "bool", False, "Accept the made-up mobiles 07700 900000 to 900999."),
    Variable("LINK_LIFETIME_DAYS", "int", 7, "Days that a personal link works.", least=1, most=42),
    Variable("BOOKING_HORIZON_DAYS", "int", 42, "Days ahead that patients may book.", least=7, most=84),
    Variable(
        "BOOKING_NOTICE_MINUTES", "int", 60, "A slot that starts sooner than this is not offered.", least=0, most=1440
    ),
    Variable(
        "SLOT_HOLD_MINUTES", "int", 10, "How long a chosen slot is kept from our other patients.", least=1, most=60
    ),
    Variable(
        "CHANGE_NOTICE_MINUTES",
        "int",
        60,
        "Minutes before an appointment until which patients may cancel or move it.",
        least=0,
        most=10080,
    ),
    Variable("DATE_OF_BIRTH_TRIES", "int", 5, "Wrong dates of birth that lock a link for good.", least=1, most=10),
    Variable("VISIT_IDLE_MINUTES", "int", 30, "A patient's visit ends after this long unused.", least=5, most=120),
    Variable(
        "WRONG_DATES_PER_HOUR",
        "int",
        20,
        "Wrong dates of birth from one address, at one practice, after which a link bears one more only.",
        least=5,
        most=1000,
    ),
    Variable(
        "NEW_LINKS_MAX", "int", 3, "New links that a patient may ask for, for one that ran out.", least=0, most=10
    ),
    Variable("NEW_LINK_HOURS", "int", 24, "Hours between two new links for one invitation.", least=1, most=168),
    Variable(
        "NEW_LINKS_PER_HOUR",
        "int",
        10,
        "New links from one address, at one practice, after which it gets no more for a while.",
        least=1,
        most=1000,
    ),
    Variable(
        "MESSAGE_FRAGMENTS_MAX",
        "int",
        2,
        "Longest text, in fragments, with the real link and the longest name.",
        least=1,
        most=6,
    ),
    Variable("UPLOAD_MAX_BYTES", "int", 10 * 1024 * 1024, "Largest patient list, in bytes."),
    Variable("UPLOAD_MAX_ROWS", "int", 100_000, "Longest patient list, in rows."),
    Variable(
        "UPLOAD_MAX_SECONDS",
        "int",
        120,
        "Seconds of the processor that reading and checking one patient list may take.",
        least=10,
        most=600,
    ),
    Variable(
        "WORKBOOK_MAX_BYTES", "int", 100 * 1024 * 1024, "Largest patient list from Excel once unpacked, in bytes."
    ),
    Variable(
        "REPORTS_FOLDER",
        "str",
        "",
        "A folder that has one for each ODS code: appointment reports there are read and deleted. Empty: none.",
    ),
    Variable(
        "TEXT_FROM_AGE", "int", 16, "Younger patients are not texted: their parents are phoned.", least=0, most=18
    ),
    Variable("TEXT_ISLANDS", "bool", False, "Text mobiles of Jersey, Guernsey and the Isle of Man, at a higher price."),
    Variable(
        "LIKELY_TO_FAIL_DAYS",
        "int",
        90,
        "Days for which a number that failed for good is not texted again.",
        least=0,
        most=365,
    ),
    Variable(
        "CHECK_SYSTMONE_RECORDS",
        "bool",
        True,
        "Compare each row of a list that has details of its own, as SystmOne's have, with the patient's record.",
    ),
    Variable(
        "LOOKUPS_AT_ONCE",
        "int",
        8,
        "Patients looked up at the same time in one practice's clinical system.",
        least=1,
        most=32,
    ),
    Variable(
        "RECHECK_AFTER_HOURS",
        "int",
        24,
        "Patients are looked up again before a text when their list was checked longer ago.",
        least=1,
        most=720,
    ),
    Variable(
        "BOOKED_ALREADY_DAYS",
        "int",
        84,
        "Who has an appointment of the slot type within these days is not invited; 0: the book is not read for it.",
        least=0,
        most=84,
    ),
    Variable("SOCIABLE_FROM", "int", 8, "Texts to lists go from this hour on, London time.", least=0, most=12),
    Variable("SOCIABLE_UNTIL", "int", 20, "Texts to lists stop at this hour, London time.", least=13, most=24),
    Variable("SEND_AHEAD_DAYS", "int", 28, "Days ahead that a batch may be sent.", least=1, most=90),
    Variable(
        "UNDO_SECONDS", "int", 30, "How long after Send nothing goes, so that it can be undone.", least=0, most=600
    ),
    Variable("STAFF_IDLE_MINUTES", "int", 30, "A staff session ends after this long unused.", least=5, most=720),
    Variable(
        "STAFF_SESSION_HOURS", "int", 12, "A staff session ends this long after log-in, used or not.", least=1, most=24
    ),
    Variable("STAFF_INVITE_DAYS", "int", 3, "Days that the link in an email to new staff works.", least=1, most=14),
    Variable(
        "SECOND_FACTOR_REQUIRED",
        "bool",
        True,
        "Staff prove who they are by more than a password. May be off in development, and is in the demo.",
    ),
    Variable("OPENID_SERVER", "str", "", "Address of an OpenID Connect provider, such as NHS CIS2. Empty: none."),
    Variable("OPENID_CLIENT_ID", "str", "", "What that provider calls this service."),
    Variable("OPENID_CLIENT_SECRET", "str", "", "What this service proves itself to the provider with.", secret=True),
    Variable("OPENID_NAME", "str", "NHS Care Identity", "What staff call the provider, on the log-in page."),
    Variable(
        "OPENID_SECOND_FACTOR_ACR",
        "list",
        [],
        "Levels of assurance (`acr`) of the provider that stand for our second factor. Empty: ours is asked for too.",
    ),
]


def read() -> dict[str, Any]:
    """All settings by name, cast, from the environment or their defaults. Raises ImproperlyConfigured."""
    env = environ.Env()
    values = {v.name: getattr(env, v.cast)(v.name, default=v.default) for v in VARIABLES}
    for variable in VARIABLES:
        _check_bounds(variable, values[variable.name])
    for name in ("TRUSTED_PROXIES", "ALLOWED_INSIDE"):
        _check_networks(name, values[name])
    if values["EGRESS_PROXY"] and not is_proxy(values["EGRESS_PROXY"]):
        # It may hold a password, so it is not repeated.
        raise ImproperlyConfigured(
            "EGRESS_PROXY is no address of a proxy: write one such as http://proxy.internal:3128."
        )
    return values


def _check_bounds(variable: Variable, value: Any) -> None:
    if variable.least is not None and variable.most is not None and not variable.least <= value <= variable.most:
        raise ImproperlyConfigured(
            f"{variable.name} is {value}: it must be a number from {variable.least} to {variable.most}."
        )


def _check_networks(name: str, written: list[str]) -> None:
    for network in written:
        try:
            ip_network(network)
        except ValueError:
            raise ImproperlyConfigured(
                f"{name} holds {network}: write addresses, or networks such as 10.1.0.0/24."
            ) from None
