"""An index on a table that is in use: built beside the work that goes on, and again where a build was broken off."""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently

_STANDING = """
SELECT index.indisvalid FROM pg_index index JOIN pg_class class ON class.oid = index.indexrelid
WHERE class.relname = %s AND pg_table_is_visible(class.oid)
"""


class BuildIndex(AddIndexConcurrently):
    """Like Django's own, in a migration with `atomic = False`, and safe to begin again.

    A build that was broken off leaves an index that is not valid: it is dropped first. One that is there stays. The
    build waits for transactions that began before it, and nobody waits for the build, so it has no `lock_timeout`.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Build it unless it is there and whole."""
        self._ensure_not_in_transaction(schema_editor)
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(_STANDING, [self.index.name])
            standing = cursor.fetchone()
            if standing == (True,):
                return
            cursor.execute("SELECT current_setting('lock_timeout')")
            (patience,) = cursor.fetchone()
            cursor.execute("SET lock_timeout = 0")
            try:
                if standing:
                    name = schema_editor.quote_name(self.index.name)
                    cursor.execute(f"DROP INDEX CONCURRENTLY {name}")
                super().database_forwards(app_label, schema_editor, from_state, to_state)
            finally:
                cursor.execute("SELECT set_config('lock_timeout', %s, false)", [patience])
