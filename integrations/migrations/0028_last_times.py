"""The index for messages whose last time is over. Apart from the column's own migration, which locks the table."""

from django.db import migrations, models

from core.database import BuildIndex


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("integrations", "0027_gone_texts")]

    operations = [
        BuildIndex(
            model_name="message",
            index=models.Index(condition=models.Q(("state", "due")), fields=["useless_after"], name="message_last_time"),
        ),
    ]
