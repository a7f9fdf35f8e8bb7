"""django-allauth's forms for second factors in plain words."""

from typing import ClassVar

from allauth.mfa.base import forms as base
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn

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


class PasskeyForm(PlainForm, webauthn.AddWebAuthnForm):  # type: ignore[misc] # allauth has no types
    """A new passkey and what it is called."""

    words: ClassVar = {
        "name": FieldText("Name", "", "What you call it, for example: reception computer."),
        "credential": FieldText("Passkey", "Your browser did not make a passkey. Try again"),
    }
