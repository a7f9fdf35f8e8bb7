"""Two roles in PostgreSQL: one owns the tables and migrates, the other runs the product and owns nothing.

Whoever owns a table can switch its triggers off, and a superuser can do anything. The role of web, workers and beat can
add to the tables that only grow, and can neither change, delete nor empty what is in them, whatever a session says to
the triggers.
"""

from collections.abc import Iterator

from django.apps import apps
from django.db import connection
from psycopg.sql import SQL, Identifier, Literal

_READ_ONLY = ("django_migrations",)


def grow_only_tables() -> list[str]:
    """The tables whose triggers refuse every change: the audit trail and its seals."""
    return sorted(
        model._meta.db_table
        for model in apps.get_models()
        if any(trigger.name == "append_only" for trigger in getattr(model._meta, "triggers", ()))
    )


def faults() -> Iterator[str]:
    """What is wrong with this connection's role for running the product, a sentence each; none when all is well."""
    tables = grow_only_tables()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT rolsuper, rolcreaterole OR rolreplication OR rolbypassrls,
                   EXISTS (
                       SELECT FROM pg_class
                       WHERE relnamespace = 'public'::regnamespace AND pg_has_role(current_user, relowner, 'MEMBER')
                   ),
                   EXISTS (
                       SELECT FROM unnest(%s::text[]) AS name
                       WHERE to_regclass(format('public.%%I', name)) IS NOT NULL AND has_table_privilege(
                           format('public.%%I', name), 'UPDATE, DELETE, TRUNCATE, TRIGGER'
                       )
                   )
            FROM pg_roles WHERE rolname = current_user
            """,
            [tables],
        )
        is_superuser, is_mighty, is_owner, can_change = cursor.fetchone()
    if is_superuser:
        yield "The database's role is a superuser: nothing is kept from it."
    elif is_mighty:
        yield "The database's role can make other roles, copy the database or pass by its rules."
    if is_owner and not is_superuser:
        yield "The database's role owns tables, so it can switch off the triggers that guard them."
    elif can_change and not is_superuser:
        yield "The database's role can change the audit trail."


REMEDY = (
    "Run `manage.py grant_app_role` as the owner, and give web, workers and beat that role in DATABASE_URL "
    "(docs/architecture.md, “Two roles in the database”)."
)


def grant(role: str, password: str = "") -> None:
    """Make `role` the one that runs the product: make it where it is not there, and give it what it needs and no more.

    Call it as the tables' owner, after each migration: tables that are new get their rights then. A password is sent
    as PostgreSQL stores it, so that no log of statements has it. Raises DatabaseError where the owner may not do this.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OWNER, {"role": role})
        owner, is_there = cursor.fetchone()
        if role == owner:
            raise ValueError("the role that runs the product must be another than the owner")
        name = Identifier(role)
        if not is_there:
            cursor.execute(SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE").format(name))
        if password:
            hashed = connection.connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
            cursor.execute(SQL("ALTER ROLE {} PASSWORD {}").format(name, Literal(hashed.decode())))
        cursor.execute(_MAY_ALTER, {"role": role})
        if cursor.fetchone() == (True,):
            # A claim must be on disk before its text is posted, whatever the server's default becomes. Here and not
            # only in what a connection asks for: a pooler passes nothing of that on.
            cursor.execute(SQL("ALTER ROLE {} SET synchronous_commit = on").format(name))
        for statement in _RIGHTS:
            cursor.execute(SQL(statement).format(role=name, database=Identifier(connection.settings_dict["NAME"])))
        for table in grow_only_tables():
            revoke = SQL("REVOKE ALL ON {table} FROM {role}; GRANT SELECT, INSERT ON {table} TO {role}")
            cursor.execute(revoke.format(table=Identifier(table), role=name))
        for table in _READ_ONLY:
            revoke = SQL("REVOKE ALL ON {table} FROM {role}; GRANT SELECT ON {table} TO {role}")
            cursor.execute(revoke.format(table=Identifier(table), role=name))


_OWNER = "SELECT current_user, EXISTS (SELECT FROM pg_roles WHERE rolname = %(role)s)"

_MAY_ALTER = """
SELECT rolsuper OR rolcreaterole AND (
    current_setting('server_version_num')::int < 160000 OR pg_has_role(%(role)s, 'MEMBER WITH ADMIN OPTION')
)
FROM pg_roles WHERE rolname = current_user
"""
"""Whether the owner may change how the role's sessions begin. Where it may not, an administrator does it once."""

_RIGHTS = (
    "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {role}",
    "REVOKE ALL ON SCHEMA public FROM {role}",
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    "GRANT USAGE ON SCHEMA public TO {role}",
    "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
    "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {role}",
)
