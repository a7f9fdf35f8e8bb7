from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0012_erased_by_invitation"),
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
