"""What web, workers and beat look at before they begin: missing keys, a database that is not ready, a role too mighty.

Whoever starts all the same would text links that open nothing, or take every stored secret for not entered.
"""

import logging
from importlib.util import find_spec
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection

from practices.holds import continuity
from selfbook import role_check
from selfbook.database import server
from selfbook.keys.checks import is_reachable, stored_keys

logger = logging.getLogger(__name__)


def refuse_bad_start() -> None:
    """Raise ImproperlyConfigured with what is wrong and what to do about it.

    While the database is away nobody can know: then it starts, and pages say that they come back later.
    """
    if settings.PRODUCTION and (faults := list(server.faults())):
        lines = "".join(f"\n- {fault}" for fault in faults)
        raise ImproperlyConfigured(f"Selfbook will not start in production:{lines}")
    role_check.guard()
    if not is_reachable():
        logger.warning("the database is away: keys and migrations are not looked at")
        return
    try:
        if missing := missing_migrations():
            raise ImproperlyConfigured(
                f"Selfbook will not start: {len(missing)} migrations have not run, the first is {missing[0]}. "
                "Run `manage.py migrate` with this version first (docs/upgrading.md)."
            )
        if problems := stored_keys():
            lines = "".join(f"\n- {problem.msg} {problem.hint}" for problem in problems)
            raise ImproperlyConfigured(f"Selfbook will not start:{lines}")
        # Whether the database is still the one that was here: web asks it here, workers before their tasks too.
        continuity.look()
    except OperationalError:
        logger.warning("the database has gone away: keys and migrations are not looked at")
    finally:
        # Processes that are forked from this one must not share its connections.
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined] # it is PostgreSQL's


def missing_migrations() -> list[str]:
    """Migrations of this version that the database has not had, by their names: `app.name`. None is imported.

    Those of a later version, which it may have had, do not matter: they only add.
    """
    with connection.cursor() as cursor:
        if "django_migrations" not in connection.introspection.table_names(cursor):
            applied = set()
        else:
            cursor.execute("SELECT app, name FROM django_migrations")
            applied = set(cursor.fetchall())
    return [
        f"{config.label}.{name}"
        for config in apps.get_app_configs()
        for name in _names(f"{config.name}.migrations")
        if (config.label, name) not in applied
    ]


def _names(package: str) -> list[str]:
    spec = find_spec(package)
    folders = (spec.submodule_search_locations or []) if spec else []
    return sorted(path.stem for folder in folders for path in Path(folder).glob("[0-9]*.py"))
