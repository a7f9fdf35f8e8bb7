"""Several codes of one event: uniqueness with the step, built beside the work, and then the narrower one goes."""

from django.db import migrations, models

from core.database import BuildUnique


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("integrations", "0030_further_invitations")]

    operations = [
        BuildUnique(
            model_name="codedentry",
            constraint=models.UniqueConstraint(fields=("subject_id", "purpose", "step"), name="code_once_each"),
        ),
        migrations.RemoveConstraint(model_name="codedentry", name="code_once"),
    ]
