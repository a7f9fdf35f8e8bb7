from django.db import migrations, models


class Migration(migrations.Migration):
    """A field's name in code alone: its column and indexes stay, and no SQL runs."""

    dependencies = [
        ('integrations', '0020_providers'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveIndex(model_name='message', name='message_held'),
                migrations.RemoveIndex(model_name='message', name='message_of_batch'),
                migrations.RemoveIndex(model_name='codedentry', name='code_of_batch'),
                migrations.RenameField(model_name='message', old_name='batch_id', new_name='campaign_id'),
                migrations.RenameField(model_name='codedentry', old_name='batch_id', new_name='campaign_id'),
                migrations.AlterField(
                    model_name='message',
                    name='campaign_id',
                    field=models.UUIDField(db_column='batch_id', help_text='The campaign.'),
                ),
                migrations.AlterField(
                    model_name='codedentry',
                    name='campaign_id',
                    field=models.UUIDField(db_column='batch_id', help_text='The campaign.'),
                ),
                migrations.AddIndex(
                    model_name='message',
                    index=models.Index(condition=models.Q(('held', True), ('state', 'due')), fields=['campaign_id'], name='message_held'),
                ),
                migrations.AddIndex(
                    model_name='message',
                    index=models.Index(fields=['campaign_id', 'state'], name='message_of_batch'),
                ),
                migrations.AddIndex(
                    model_name='codedentry',
                    index=models.Index(fields=['campaign_id', 'state'], name='code_of_batch'),
                ),
            ],
        ),
    ]
