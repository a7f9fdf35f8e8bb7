"""What was given to staff before, by its reason; and the index for their lists. Apart from the columns' own migration,
which locks the table: nobody waits for this one.
"""

from django.db import migrations, models

from core.database import BuildIndex

_LOOK_FIRST = """
UPDATE integrations_codedentry SET look_first = true
WHERE state = 'check' OR state = 'not_filed' AND (
    reason LIKE '%Find out whose record%' OR reason LIKE 'The clinical system took this code%'
    OR reason LIKE '%did not accept the NHS number%' OR reason LIKE '%did not find this patient%'
    OR reason LIKE '%has several patients%')
"""
"""What was given to staff before: its reason says whether the record has to be looked at."""


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("integrations", "0025_signing_keys")]

    operations = [
        migrations.RunSQL(_LOOK_FIRST, migrations.RunSQL.noop),
        BuildIndex(
            model_name="codedentry",
            index=models.Index(
                condition=models.Q(("state__in", ["not_filed", "check"])),
                fields=["practice", "concept_id", "happened_at"],
                name="code_for_staff",
            ),
        ),
    ]
