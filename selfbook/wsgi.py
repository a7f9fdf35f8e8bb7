"""The WSGI application that the web server runs."""

import logging
from typing import cast

from django.core.wsgi import get_wsgi_application
from django.db import DatabaseError, connection
from django.db.backends.postgresql.base import DatabaseWrapper

application = get_wsgi_application()

from practices.holds import continuity  # noqa: E402 - the models are ready only now

try:
    continuity.look()
except DatabaseError as error:
    # Pages say for themselves that the database is away, and workers look before anything leaves.
    logging.getLogger(__name__).warning("database not looked at", extra={"error": type(error).__name__})
finally:
    # A server may make its processes from this one: they must not share what was opened here.
    connection.close()
    cast(DatabaseWrapper, connection).close_pool()
