import integrations.encryption
from django.db import migrations


class Migration(migrations.Migration):
    """Adds a column with a default of the database's own: nothing waits, and the version before goes on working."""

    dependencies = [
        ('integrations', '0024_notify_as_it_is'),
    ]

    operations = [
        migrations.AddField(
            model_name='channelconnection',
            name='signing_keys',
            field=integrations.encryption.EncryptedTextField(blank=True, db_default='', default='', help_text='Secrets by which the provider signs what it posts to us, one a line, where that is not the token.', verbose_name='signing keys'),
        ),
    ]
