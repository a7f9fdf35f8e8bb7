"""Indexes by which the rows of an invitation that is erased are found; built beside the work."""

from django.db import migrations, models

from core.database import BuildIndex


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("booking", "0011_outage_by_certificate"),
        ("campaigns", "0025_retention"),
        ("practices", "0014_retention"),
    ]

    operations = [
        BuildIndex(
            model_name="patientreply",
            index=models.Index(fields=["invitation"], name="patient_reply_of_invitation"),
        ),
        BuildIndex(
            model_name="wronganswer",
            index=models.Index(fields=["invitation"], name="wrong_answer_of_invitation"),
        ),
    ]
