"""The admin's forms for connections. Secrets go in and never come out: an empty field keeps the stored one."""

from typing import Any, ClassVar

from django import forms
from django.core.files.uploadedfile import UploadedFile

from integrations.clinical import certificates
from integrations.clinical.certificates import Part
from integrations.clinical.port import Certificates
from integrations.models import ClinicalConnection

PEM_BYTES_MAX = 256 * 1024
"""More than a hundred certificates: whatever is larger is another file."""


class SecretField(forms.CharField):
    """A secret that is typed in and never shown. Left empty, the stored one stays."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
            help_text="Never shown. Leave empty to keep the one that is stored.",
            required=False,
            **kwargs,
        )


class NeverShown(forms.Textarea):
    """Room for several lines, always empty."""

    def __init__(self) -> None:
        super().__init__(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"})

    def format_value(self, value: Any) -> str:
        """Nothing, whatever is stored or was typed."""
        return ""


class PemField(forms.CharField):
    """Certificates or a key, pasted as PEM text. Never shown; left empty, what is stored stays."""

    def __init__(self, label: str, hint: str = "") -> None:
        help_text = (
            f"{hint} Paste it here, or choose its file below. Never shown. Leave both empty to keep what is stored."
        )
        super().__init__(label=label, widget=NeverShown(), help_text=help_text.strip(), required=False)


class ConnectionForm(forms.ModelForm[Any]):
    """A connection's facts, with its secrets write-only."""

    secrets: ClassVar[tuple[str, ...]]

    def clean(self) -> dict[str, Any]:
        """Keep a stored secret when none is typed; a new connection needs one."""
        values = super().clean() or {}
        for secret in self.secrets:
            if secret in self.errors or values.get(secret):
                continue
            stored = getattr(self.instance, secret)
            if not stored:
                self.add_error(secret, "Type the secret: none is stored yet.")
            values[secret] = stored
        return values


class ClinicalConnectionForm(ConnectionForm):
    """GP Connect, with the certificates of its mutual TLS where it is called by that, and the record gateway.

    A practice may do without a gateway.
    """

    secrets = ("gateway_token",)
    gateway_token = SecretField(label="Record gateway token")
    client_certificate = PemField("Client certificate", "In PEM form, with intermediate certificates if there are any.")
    client_certificate_file = forms.FileField(label="or its file", required=False)
    client_key = PemField("Private key", "In PEM form, without a passphrase.")
    client_key_file = forms.FileField(label="or its file", required=False)
    forget_certificate = forms.BooleanField(label="Remove the stored certificate and key", required=False)
    spine_ca = PemField("Spine's authorities", "Certificates in PEM form: then no other authorities are trusted.")
    spine_ca_file = forms.FileField(label="or its file", required=False)
    forget_spine_ca = forms.BooleanField(label="Remove the stored authorities", required=False)

    class Meta:
        model = ClinicalConnection
        fields: ClassVar = [
            "practice",
            "gp_connect_url",
            "ssp_url",
            "asid_from",
            "asid_to",
            "client_certificate",
            "client_key",
            "spine_ca",
            "gateway_url",
            "gateway_token",
        ]

    def clean(self) -> dict[str, Any]:
        """Take what was pasted or uploaded; otherwise keep what is stored, unless it is to be removed."""
        values = self._with_token()
        entered = certificates.in_order(Certificates(*(self._entered(part, values) for part in Part)))
        stored = self.instance.certificates
        if values.get("forget_certificate"):
            stored = Certificates(authority=stored.authority)
        if values.get("forget_spine_ca"):
            stored = Certificates(stored.certificate, stored.key)
        values[Part.CERTIFICATE] = entered.certificate or stored.certificate
        values[Part.KEY] = entered.key or stored.key
        values[Part.AUTHORITY] = entered.authority or stored.authority
        # A model's form leaves a field with a default as it is where an emptied one was not sent.
        for part in Part:
            setattr(self.instance, part, values[part])
        return values

    def _with_token(self) -> dict[str, Any]:
        """Without a gateway's address there is no token either; with one, a token must be typed or stored."""
        values = forms.ModelForm.clean(self) or {}
        if "gateway_url" in self.errors or values.get("gateway_url"):
            return super().clean()
        if values.get("gateway_token"):
            self.add_error("gateway_url", "Give the address that this token is for.")
        values["gateway_token"] = ""
        return values

    def _entered(self, part: Part, values: dict[str, Any]) -> str:
        """What was pasted, or uploaded, for a part as PEM text; empty when neither was, or it cannot be read."""
        pasted, upload = str(values.get(part) or ""), values.get(f"{part}_file")
        if not isinstance(upload, UploadedFile):
            return pasted
        if pasted:
            self.add_error(part, "Paste it or choose its file, not both.")
        elif (upload.size or 0) > PEM_BYTES_MAX:
            self.add_error(part, "This file is too large for a certificate or a key.")
        else:
            try:
                return certificates.as_pem(upload.read())
            except certificates.Unreadable as error:
                self.add_error(part, str(error))
        return ""
