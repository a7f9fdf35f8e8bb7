from django.db import migrations, models

import practices.models.clinical_systems


class Migration(migrations.Migration):
    """Which clinical systems there are is asked of their registry. Nothing in the database changes."""

    dependencies = [("patients", "0007_every_row_and_column"), ("practices", "0010_clinical_systems_by_registry")]

    operations = [
        migrations.AlterField(
            model_name="patientlist",
            name="system",
            field=models.CharField(
                choices=practices.models.clinical_systems.clinical_systems, help_text="The practice's clinical system at the time.", max_length=10
            ),
        ),
    ]
