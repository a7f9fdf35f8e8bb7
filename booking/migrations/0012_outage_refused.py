from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0011_outage_by_certificate"),
    ]

    operations = [
        migrations.AddField(
            model_name="clinicaloutage",
            name="refused",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Our calls were answered and refused, which waiting does not mend.",
            ),
        ),
    ]
