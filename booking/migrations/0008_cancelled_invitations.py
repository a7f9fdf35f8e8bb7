"""Invitations whose appointment was cancelled after the link's last day are not booked: they say so from now on."""

from django.db import migrations

_CANCELLED = """
UPDATE campaigns_invitation AS one SET state = 'cancelled'
WHERE state = 'booked' AND NOT EXISTS (
    SELECT FROM booking_booking
    WHERE invitation_id = one.id AND state NOT IN ('slot_gone', 'failed', 'cancelled')
)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0007_appointment_reminders"),
        ("campaigns", "0014_booked_then_cancelled"),
    ]

    operations = [
        migrations.RunSQL(_CANCELLED, "UPDATE campaigns_invitation SET state = 'booked' WHERE state = 'cancelled'"),
    ]
