"""django-allauth's forms for second factors in plain words."""

from collections.abc import Callable
from typing import Any, ClassVar

from allauth.mfa.base import forms as base
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.core.exceptions import ValidationError
from fido2.webauthn import AuthenticationResponse, RegistrationResponse

from core.web.readable import readable
from selfbook.accounts.forms import FieldText, PlainForm


class CodeForm(PlainForm, base.AuthenticateForm):  # type: ignore[misc] # allauth has no types
    """A code at log-in: the app's, or one of the recovery codes."""

    words: ClassVar = {"code": FieldText("Code", "Enter the code", "6 digits from your app, or a recovery code.")}


class CodeAgainForm(PlainForm, base.ReauthenticateForm):  # type: ignore[misc] # allauth has no types
    """The same, before something that matters."""

    words: ClassVar = CodeForm.words


class AppForm(PlainForm, totp.ActivateTOTPForm):  # type: ignore[misc] # allauth has no types
    """The first code of an app that is being set up."""

    words: ClassVar = {"code": FieldText("Code from your app", "Enter the code that your app shows", "6 digits.")}


class CredentialField(forms.JSONField):
    """What a browser answers about a passkey: JSON, which may come from whatever can post a form."""

    def __init__(self, parse: Callable[[Any], object]) -> None:
        """`parse` is the library's reader of the whole answer, which expects each part to be there and well formed."""
        super().__init__(widget=forms.HiddenInput, error_messages={"invalid": "The passkey did not work. Try again"})
        self._parse = parse

    def to_python(self, value: Any) -> Any:
        """The answer. Raises ValidationError for what is none, and for endless numbers and depth.

        Without an answer it is for `required` to say so.
        """
        try:
            if (answer := readable(super().to_python(value))) not in self.empty_values:
                self._parse(answer)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None
        return answer


class ShowPasskeyForm(webauthn.AuthenticateWebAuthnForm):  # type: ignore[misc] # allauth has no types
    """A passkey at log-in."""

    credential = CredentialField(AuthenticationResponse.from_dict)


class ShowPasskeyAgainForm(webauthn.ReauthenticateWebAuthnForm):  # type: ignore[misc] # allauth has no types
    """The same, before something that matters."""

    credential = CredentialField(AuthenticationResponse.from_dict)


class PasskeyForm(PlainForm, webauthn.AddWebAuthnForm):  # type: ignore[misc] # allauth has no types
    """A new passkey and what it is called."""

    credential = CredentialField(RegistrationResponse.from_dict)

    words: ClassVar = {
        "name": FieldText("Name", "", "What you call it, for example: reception computer."),
        "credential": FieldText("Passkey", "Your browser did not make a passkey. Try again"),
    }
