"""Production does not run as a role of the database that could switch its guards off."""

import logging
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection
from django.db.backends.signals import connection_created

from practices.audit import database_roles

logger = logging.getLogger(__name__)


def role_owns_nothing(databases: Any = None, **_: Any) -> list[checks.CheckMessage]:
    """For `manage.py check --deploy --database default`, with the DATABASE_URL of web, workers and beat."""
    if not databases:
        return []
    return [checks.Error(fault, hint=database_roles.REMEDY, id="selfbook.E004") for fault in database_roles.faults()]


def guard() -> None:
    """Call it where web, workers and beat start. In production it refuses a role that is too mighty.

    Raises ImproperlyConfigured. Where the database is away the start goes on, and the first connection is looked at
    before it is used.
    """
    if not settings.PRODUCTION:
        return
    connection_created.connect(_look, dispatch_uid=NAME)
    try:
        connection.ensure_connection()
    except OperationalError:
        logger.warning("the database does not answer: its role is looked at once it does")
    finally:
        connection.close()


NAME = "selfbook.role_check"
"""What the look at each new connection is known by."""


def _look(sender: object, connection: Any, **_: Any) -> None:
    """Look at the role of a new connection, until one was as it should be."""
    if connection.alias != "default":
        return
    if faults := list(database_roles.faults()):
        connection.close()  # or the next request would go on with it
        lines = "".join(f"\n- {fault}" for fault in faults)
        raise ImproperlyConfigured(f"Selfbook will not run in production:{lines}\n{database_roles.REMEDY}")
    connection_created.disconnect(dispatch_uid=NAME)
