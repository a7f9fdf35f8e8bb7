from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0016_attendance")]

    operations = [
        migrations.AddField(
            model_name="booking",
            name="cancel_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("time", "I cannot come at that time"),
                    ("ill", "I am not well enough to come"),
                    ("elsewhere", "I have had this somewhere else"),
                    ("not_wanted", "I do not want it any more"),
                    ("other", "Another reason"),
                ],
                db_default="",
                default="",
                help_text="Why the patient cancels, if they said so.",
                max_length=10,
            ),
        ),
    ]
