from django.db import migrations


class Migration(migrations.Migration):
    """The table of the cache that django-allauth's limits are kept in, as `createcachetable` would make it."""

    dependencies = [("practices", "0004_staff")]

    operations = [
        migrations.RunSQL(
            """
            CREATE TABLE selfbook_limits (
                cache_key varchar(255) NOT NULL PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL
            );
            CREATE INDEX selfbook_limits_expires ON selfbook_limits (expires);
            """,
            "DROP TABLE selfbook_limits;",
        )
    ]
