import django.core.validators
import uuid
from django.db import migrations, models


LONGEST_HOURS = 24

SHORTEN = """
UPDATE integrations_message SET due_at = in_app_at + interval '24 hours'
WHERE state = 'in_app' AND due_at > in_app_at + interval '24 hours'
"""


def shorten_waits(apps, schema_editor):
    """NHS Notify gives a message in the app up after a day: so long at most we wait, for those on their way too."""
    connections = apps.get_model('integrations', 'NotifyConnection').objects
    connections.filter(text_after_hours__gt=LONGEST_HOURS).update(text_after_hours=LONGEST_HOURS)
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(SHORTEN)


class Migration(migrations.Migration):

    dependencies = [
        ('integrations', '0023_certificates'),
        ('practices', '0010_clinical_systems_by_registry'),
    ]

    operations = [
        migrations.RunPython(shorten_waits, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='notifyconnection',
            name='channel',
            field=models.CharField(choices=[('texts', 'Texts'), ('notify', 'NHS App, then a text by NHS Notify'), ('app', 'NHS App, then our own text if it is not read')], default='texts', help_text="How invitations and reminders go. NHS Notify's own texts leave on weekdays from 8am to 6pm only, not on bank holidays. They go to the mobile number that the NHS holds. Who pays is agreed with NHS Notify.", max_length=6),
        ),
        migrations.AlterField(
            model_name='notifyconnection',
            name='routing_plan',
            field=models.UUIDField(default=uuid.UUID('00000000-0000-0000-0000-000000000007'), help_text='NHS App, then a text by NHS Notify. Plan …07 texts after 4 hours, …06 after 24.', verbose_name='routing plan'),
        ),
        migrations.AlterField(
            model_name='notifyconnection',
            name='text_after_hours',
            field=models.PositiveSmallIntegerField(default=24, help_text='1 to 24. A patient who has not read the message in the app by then gets it as our text; one whose phone does not tell of messages there, or who has no app, gets it at once. NHS Notify gives up after 24 hours.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(24)], verbose_name='hours until our own text'),
        ),
    ]
