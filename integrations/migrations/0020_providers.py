import integrations.messaging.registry
from django.db import migrations, models


class Migration(migrations.Migration):
    """Which provider carries a practice's texts, and carried each message. Any provider of the registry may be named.

    On the way back the stoppages of other providers than the first two go: whatever still does not work says so anew.
    """

    dependencies = [
        ('integrations', '0019_meanings_of_replies'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='stoppage',
            name='stoppage_service_known',
        ),
        migrations.AddField(
            model_name='channelconnection',
            name='provider',
            field=models.CharField(choices=integrations.messaging.registry.text_provider_names, db_default='twilio', default='twilio', max_length=20),
        ),
        migrations.AddField(
            model_name='message',
            name='provider',
            field=models.CharField(blank=True, db_default='', default='', help_text='Who carries it: set anew by each claim.', max_length=20),
        ),
        migrations.AlterField(
            model_name='channelconnection',
            name='account_sid',
            field=models.CharField(help_text="The account's id, as the provider gives it.", max_length=34, verbose_name='account SID'),
        ),
        migrations.AlterField(
            model_name='channelconnection',
            name='base_url',
            field=models.URLField(blank=True, help_text="Empty: the provider's own.", verbose_name='API address'),
        ),
        migrations.AlterField(
            model_name='channelconnection',
            name='sender',
            field=models.CharField(help_text="A number such as +447700900000, a name of up to 11 letters, or a Messaging Service SID of Twilio's.", max_length=34),
        ),
        migrations.AlterField(
            model_name='message',
            name='way',
            field=models.CharField(choices=[('text', 'Text'), ('notify', "NHS App, NHS Notify's text behind it"), ('app', 'NHS App, a text of ours behind it')], default='text', help_text='Set anew by each claim.', max_length=6, verbose_name='channel'),
        ),
        migrations.AlterField(
            model_name='notifyconnection',
            name='channel',
            field=models.CharField(choices=[('texts', 'Texts'), ('notify', 'NHS App, then a text by NHS Notify'), ('app', 'NHS App, then our own text if it is not read')], default='texts', help_text='How invitations and reminders go.', max_length=6),
        ),
        migrations.AlterField(
            model_name='stoppage',
            name='service',
            field=models.CharField(choices=integrations.messaging.registry.provider_names, default='twilio', max_length=20, verbose_name='provider'),
        ),
        migrations.RunSQL(
            migrations.RunSQL.noop,
            reverse_sql="DELETE FROM integrations_stoppage WHERE service NOT IN ('twilio', 'notify')",
        ),
    ]
