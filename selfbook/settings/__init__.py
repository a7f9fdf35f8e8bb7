"""Django's settings. What the environment may change is declared in `variables`."""

import logging
from pathlib import Path

import django_stubs_ext
import environ

from selfbook.settings.logs import logging_config
from selfbook.settings.openid import openid_providers
from selfbook.settings.redis import redis_from
from selfbook.settings.safety import refuse_unknown, refuse_unsafe
from selfbook.settings.security import content_security_policy
from selfbook.settings.variables import read

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent.parent
_values = read()
refuse_unknown(_values["SELFBOOK_ENV"])
PRODUCTION = _values["SELFBOOK_ENV"] == "production"
if PRODUCTION:
    refuse_unsafe(_values)

# Ours, with what each is for in `variables`.
FIELD_ENCRYPTION_KEYS: list[str] = _values["FIELD_ENCRYPTION_KEYS"]
LINK_KEYS: list[str] = _values["LINK_KEYS"]
AUDIT_KEYS: list[str] = _values["AUDIT_KEYS"]
DIGEST_KEYS: list[str] = _values["DIGEST_KEYS"]
AUDIT_HEAD_TO: list[str] = _values["AUDIT_HEAD_TO"]
APP_ROLE_PASSWORD: str = _values["APP_ROLE_PASSWORD"]
SECRET_KEY_FALLBACKS: list[str] = _values["SECRET_KEY_FALLBACKS"]
DEFAULT_FROM_EMAIL: str = _values["DEFAULT_FROM_EMAIL"]
OPERATOR_NAME: str = _values["OPERATOR_NAME"]
OPERATOR_CONTACT: str = _values["OPERATOR_CONTACT"]
NHS_IDENTITY: bool = _values["NHS_IDENTITY"]
ALLOW_TEST_NUMBERS: bool = _values["ALLOW_TEST_NUMBERS"]
LINK_LIFETIME_DAYS: int = _values["LINK_LIFETIME_DAYS"]
BOOKING_HORIZON_DAYS: int = _values["BOOKING_HORIZON_DAYS"]
BOOKING_NOTICE_MINUTES: int = _values["BOOKING_NOTICE_MINUTES"]
SLOT_HOLD_MINUTES: int = _values["SLOT_HOLD_MINUTES"]
CHANGE_NOTICE_MINUTES: int = _values["CHANGE_NOTICE_MINUTES"]
DATABASE_POOL_MAX: int = _values["DATABASE_POOL_MAX"]
WORKER_POOL_MAX: int = _values["WORKER_POOL_MAX"]
WEB_PROCESSES: int = _values["WEB_PROCESSES"]
WORKER_PROCESSES: int = _values["WORKER_PROCESSES"]
DATABASE_POOLER: bool = _values["DATABASE_POOLER"]
TRUST_PROXY_HEADERS: bool = _values["TRUST_PROXY_HEADERS"]
TRUSTED_PROXIES: list[str] = _values["TRUSTED_PROXIES"]
EGRESS_PROXY: str = _values["EGRESS_PROXY"]
ALLOWED_INSIDE: list[str] = _values["ALLOWED_INSIDE"]
STAMP_FILE: str = _values["STAMP_FILE"]
JOURNAL_FILE: str = _values["JOURNAL_FILE"]
BACKUP_STAMP_FILE: str = _values["BACKUP_STAMP_FILE"]
HOLD_AFTER_MINUTES: int = _values["HOLD_AFTER_MINUTES"]
GP_CONNECT_SIDECAR: bool = _values["GP_CONNECT_SIDECAR"]
DATE_OF_BIRTH_TRIES: int = _values["DATE_OF_BIRTH_TRIES"]
VISIT_IDLE_MINUTES: int = _values["VISIT_IDLE_MINUTES"]
WRONG_DATES_PER_HOUR: int = _values["WRONG_DATES_PER_HOUR"]
NEW_LINKS_MAX: int = _values["NEW_LINKS_MAX"]
NEW_LINK_HOURS: int = _values["NEW_LINK_HOURS"]
NEW_LINKS_PER_HOUR: int = _values["NEW_LINKS_PER_HOUR"]
MESSAGE_FRAGMENTS_MAX: int = _values["MESSAGE_FRAGMENTS_MAX"]
UPLOAD_MAX_BYTES: int = _values["UPLOAD_MAX_BYTES"]
UPLOAD_MAX_ROWS: int = _values["UPLOAD_MAX_ROWS"]
REPORTS_FOLDER: str = _values["REPORTS_FOLDER"]
UPLOAD_MAX_SECONDS: int = _values["UPLOAD_MAX_SECONDS"]
WORKBOOK_MAX_BYTES: int = _values["WORKBOOK_MAX_BYTES"]
TEXT_FROM_AGE: int = _values["TEXT_FROM_AGE"]
TEXT_ISLANDS: bool = _values["TEXT_ISLANDS"]
LIKELY_TO_FAIL_DAYS: int = _values["LIKELY_TO_FAIL_DAYS"]
CHECK_SYSTMONE_RECORDS: bool = _values["CHECK_SYSTMONE_RECORDS"]
LOOKUPS_AT_ONCE: int = _values["LOOKUPS_AT_ONCE"]
RECHECK_AFTER_HOURS: int = _values["RECHECK_AFTER_HOURS"]
BOOKED_ALREADY_DAYS: int = _values["BOOKED_ALREADY_DAYS"]
SOCIABLE_FROM: int = _values["SOCIABLE_FROM"]
SOCIABLE_UNTIL: int = _values["SOCIABLE_UNTIL"]
SEND_AHEAD_DAYS: int = _values["SEND_AHEAD_DAYS"]
UNDO_SECONDS: int = _values["UNDO_SECONDS"]
STAFF_INVITE_DAYS: int = _values["STAFF_INVITE_DAYS"]
STAFF_SESSION_HOURS: int = _values["STAFF_SESSION_HOURS"]
SECOND_FACTOR_REQUIRED: bool = _values["SECOND_FACTOR_REQUIRED"]
OPENID_SECOND_FACTOR_ACR: list[str] = _values["OPENID_SECOND_FACTOR_ACR"]

METRICS_TOKEN: str = _values["METRICS_TOKEN"]
METRICS_PORT: int = _values["METRICS_PORT"]
OTEL_EXPORTER_OTLP_ENDPOINT: str = _values["OTEL_EXPORTER_OTLP_ENDPOINT"]
WORK_NOTICE: bool = _values["WORK_NOTICE"]
WORK_PULSE_SECONDS: int = _values["WORK_PULSE_SECONDS"]
WORK_SWEEP_SECONDS: int = _values["WORK_SWEEP_SECONDS"]
WORK_MESSAGES_MINUTES: int = _values["WORK_MESSAGES_MINUTES"]
WORK_CODES_MINUTES: int = _values["WORK_CODES_MINUTES"]
WORK_BOOKINGS_MINUTES: int = _values["WORK_BOOKINGS_MINUTES"]
WORK_LISTS_MINUTES: int = _values["WORK_LISTS_MINUTES"]

SECRET_KEY: str = _values["SECRET_KEY"]
DEBUG: bool = _values["DEBUG"]
ALLOWED_HOSTS: list[str] = _values["ALLOWED_HOSTS"]
PUBLIC_BASE_URL: str = _values["PUBLIC_BASE_URL"].rstrip("/")
HTTPS = PUBLIC_BASE_URL.startswith("https://")

INSTALLED_APPS = [
    "practices",
    "integrations",
    "patients",
    "campaigns",
    "booking",
    "selfbook",
    "selfbook.retention",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "selfbook.openid",
    "csp",
    "pgtrigger",
]
MIDDLEWARE = [
    "selfbook.middleware.request_id",
    "selfbook.monitoring.requests.logged",
    "selfbook.monitoring.health.answer_first",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Pages name no secret that another site could guess by sizes: tokens are masked anew in each, and Django adds some
    # random bytes of its own.
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "selfbook.middleware.security_headers",
    "selfbook.bad_input.readable_address",
    "selfbook.accounts.sessions.SessionsInUse",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "practices.middleware.current_practice",
    "selfbook.accounts.sessions.StaffSessions",
    "selfbook.bad_input.ReadableFields",
]
ROOT_URLCONF = "selfbook.urls"
WSGI_APPLICATION = "selfbook.wsgi.application"

# Jinja2 first: every page of ours is one of its templates. Django's own engine is there for the admin.
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "selfbook.pages.jinja.environment",
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "practices.context.practice",
                "booking.slots.context.clinical_outage",
                "selfbook.monitoring.context.work_status",
            ],
        },
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {
    "default": {
        **environ.Env.db_url_config(_values["DATABASE_URL"]),
        "ATOMIC_REQUESTS": False,
        "CONN_HEALTH_CHECKS": True,
        # Such a cursor outlives its transaction, and a pooler gives each transaction whatever session is free.
        "DISABLE_SERVER_SIDE_CURSORS": _values["DATABASE_POOLER"],
    }
}
if PRODUCTION and not _values["DATABASE_POOLER"]:
    # A claim must be on disk before its text is posted, whatever the server's own default is: or a crash of PostgreSQL
    # would forget the claim, and the text would go again. A pooler passes no such option on: there the role has it.
    DATABASES["default"].setdefault("OPTIONS", {})["options"] = "-c synchronous_commit=on"
if _values["DATABASE_POOL_MAX"]:
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {
        "min_size": 0,
        "max_size": _values["DATABASE_POOL_MAX"],
        "timeout": 10,
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
_redis = redis_from(_values)
CACHES = {
    "default": {
        "BACKEND": "selfbook.caching.caches.CacheWithLimits",
        "LOCATION": _redis.location,
        # Another number whenever the form of values changes: two releases run beside each other for a while.
        "KEY_PREFIX": "selfbook-2",
        "OPTIONS": _redis.options,
    },
    "limits": {
        "BACKEND": "selfbook.caching.limits.LimitsCache",
        "LOCATION": "selfbook_limits",
        "KEY_PREFIX": "json",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
}

AUTH_USER_MODEL = "practices.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
if _values["SELFBOOK_ENV"] == "test":
    # Slow on purpose everywhere else; tests make hundreds of users and attack none of them.
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "campaigns:home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "practices.staff.account_adapter.StaffAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_TEMPLATE_EXTENSION = "jinja"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # nobody else is written to because of a mistyped address

MFA_ADAPTER = "selfbook.accounts.second_factor.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "selfbook.accounts.second_factor_forms.CodeForm",
    "reauthenticate": "selfbook.accounts.second_factor_forms.CodeAgainForm",
    "activate_totp": "selfbook.accounts.second_factor_forms.AppForm",
    "authenticate_webauthn": "selfbook.accounts.second_factor_forms.ShowPasskeyForm",
    "reauthenticate_webauthn": "selfbook.accounts.second_factor_forms.ShowPasskeyAgainForm",
    "add_webauthn": "selfbook.accounts.second_factor_forms.PasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # nobody signs up: accounts are made for addresses that an invitation reached
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Selfbook"
MFA_TOTP_TOLERANCE = 1  # phones' clocks are a little wrong
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
SOCIALACCOUNT_ADAPTER = "selfbook.openid.adapter.StaffSignInAdapter"
SOCIALACCOUNT_PROVIDERS = openid_providers(_values)
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # ours is stricter: see selfbook.openid.adapter
SOCIALACCOUNT_LOGIN_ON_GET = True  # a form could not lead away from our pages: the Content-Security-Policy stops it
SOCIALACCOUNT_STORE_TOKENS = False
OPENID_NAME: str = _values["OPENID_NAME"] if _values["OPENID_SERVER"] else ""

SESSION_COOKIE_AGE = _values["STAFF_IDLE_MINUTES"] * 60
SESSION_SAVE_EVERY_REQUEST = True
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
BROWSER_COOKIE_NAME = "__Host-browser" if HTTPS else "browser"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [PUBLIC_BASE_URL]
CONTENT_SECURITY_POLICY = content_security_policy(nhs_typeface=NHS_IDENTITY)
CSRF_FAILURE_VIEW = "selfbook.pages.errors.csrf_failure"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"  # under no-referrer browsers send "Origin: null" and no form passes CSRF
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _values["TRUST_PROXY_HEADERS"] else None
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = _values["UPLOAD_MAX_BYTES"] + 64 * 1024
FILE_UPLOAD_HANDLERS = ["selfbook.uploads.SecretUploadHandler", "selfbook.uploads.BoundedUploadHandler"]

LANGUAGE_CODE = "en-gb"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "Europe/London"

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "build" / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static", BASE_DIR / "build" / "vendor"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "selfbook.pages.staticfiles.HashedStaticFilesStorage"},
}

EMAIL_CONFIG = environ.Env.email_url_config(_values["EMAIL_URL"])
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT: int = _values["EMAIL_TIMEOUT"]
LOGGING = logging_config(level=_values["LOG_LEVEL"])
LOGGING_CONFIG = "logging.config.dictConfig"
if PRODUCTION:
    logging.captureWarnings(True)  # they would be no JSON

CELERY_BROKER_URL = _redis.broker
CELERY_BROKER_USE_SSL = _redis.broker_ssl
CELERY_TIMEZONE = "UTC"  # beat has stopped at clock changes in local time
# Nothing but JSON is believed of what comes out of Redis: a pickle there would run code in the worker (ASVS 1.5.2).
CELERY_ACCEPT_CONTENT = CELERY_RESULT_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = CELERY_EVENT_SERIALIZER = "json"
CELERY_TASK_IGNORE_RESULT = True  # the row in PostgreSQL is the result
# A task is acknowledged when it is done, so that one whose worker was killed is delivered again. Every task may run
# twice, or beside itself, without harm: what is to be done, and whose it is, stands in PostgreSQL.
CELERY_TASK_ACKS_LATE = True
# The same when only the process that ran it was killed, for want of memory for instance.
CELERY_TASK_REJECT_ON_WORKER_LOST = True
# A worker takes no more tasks than it has processes: one that is busy sending must not sit on another practice's work
# while its neighbour is idle.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # How long Redis waits for an acknowledgement before it delivers a task again. Longer than any task takes (reading
    # the largest list, with its look-ups, is the longest), or a slow one would be begun again beside itself. It need
    # not be short: the sweepers find what a dead worker left within minutes. And no task is queued for a later time
    # that is further away than this, because such tasks are delivered twice: due times are in PostgreSQL.
    "visibility_timeout": 3600,
    # A page must not wait for a Redis that is away: the hint is given up, and the sweeper finds the work.
    "socket_connect_timeout": 1,
    "max_retries": 0,
    **_redis.transport,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
