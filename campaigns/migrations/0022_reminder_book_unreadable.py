from django.db import migrations, models


class Migration(migrations.Migration):
    """A field's name in code alone: its column stays, and no SQL runs."""

    dependencies = [
        ('campaigns', '0021_looked_up_again'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameField(model_name='reminder', old_name='unread', new_name='book_unreadable'),
                migrations.AlterField(
                    model_name='reminder',
                    name='book_unreadable',
                    field=models.PositiveIntegerField(db_column='unread', default=0, help_text='Not reminded: the book could not be read for them.'),
                ),
            ],
        ),
    ]
