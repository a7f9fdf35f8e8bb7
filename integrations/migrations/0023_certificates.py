"""Certificates of GP Connect. Connections of before have none, and go on as they are."""

import integrations.encryption
from django.db import migrations, models


def _secret(name, label):
    # The database has the default too: the version before, which runs beside this one for a while, names no certificate.
    field = integrations.encryption.EncryptedTextField(blank=True, db_default="", default="", verbose_name=label)
    return migrations.AddField("clinicalconnection", name, field)


class Migration(migrations.Migration):
    dependencies = [("integrations", "0022_codes_without_a_gateway")]

    operations = [
        _secret("client_certificate", "client certificate"),
        _secret("client_key", "private key of the client certificate"),
        _secret("spine_ca", "certificates of the Spine's authorities"),
        migrations.AddField(
            "clinicalconnection",
            "certificate_ends_at",
            models.DateTimeField(editable=False, null=True, verbose_name="client certificate expires"),
        ),
        migrations.AddField(
            "clinicalconnection",
            "spine_ca_ends_at",
            models.DateTimeField(editable=False, null=True, verbose_name="first of the Spine's authorities expires"),
        ),
        migrations.AddConstraint(
            "clinicalconnection",
            models.CheckConstraint(
                condition=models.Q(client_certificate="", client_key="")
                | ~models.Q(client_certificate="") & ~models.Q(client_key=""),
                name="certificate_with_key",
                violation_error_message="Certificate and private key work only together: enter both.",
            ),
        ),
    ]
