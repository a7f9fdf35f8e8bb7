from django.db import migrations, models

import practices.models.clinical_systems


class Migration(migrations.Migration):
    """Which clinical systems there are is asked of their registry. Nothing in the database changes."""

    dependencies = [("practices", "0009_accounts_of_one_person")]

    operations = [
        migrations.AlterField(
            model_name="practice",
            name="clinical_system",
            field=models.CharField(
                choices=practices.models.clinical_systems.clinical_systems, max_length=10
            ),
        ),
    ]
