import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('booking', '0015_cancelled_clinics'),
        ('practices', '0016_information'),
    ]

    operations = [
        migrations.CreateModel(
            name='Attendance',
            fields=[
                ('booking', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='attendance', serialize=False, to='booking.booking')),
                ('state', models.CharField(choices=[('due', 'Being looked up in the book'), ('missed', 'Did not come, by the book'), ('not_missed', 'Nothing said of it'), ('unknown', 'The book could not be read that day')], default='due', max_length=10)),
                ('due_at', models.DateTimeField(help_text='When the book is read, or read again.', null=True)),
                ('until', models.DateTimeField(help_text='Too late after that.')),
                ('claimed_until', models.DateTimeField(help_text='A worker is reading the book for it.', null=True)),
                ('settled_at', models.DateTimeField(null=True)),
                ('practice', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='practices.practice')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'due')), fields=['practice', 'due_at'], name='attendance_due'), models.Index(condition=models.Q(('state', 'missed')), fields=['practice'], name='attendance_missed')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['due', 'missed', 'not_missed', 'unknown'])), name='attendance_state_known')],
            },
        ),
    ]
