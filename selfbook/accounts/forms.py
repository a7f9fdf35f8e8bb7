"""django-allauth's forms in plain words: its rules, our labels and errors."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from allauth.account import forms as allauth_forms
from django import forms

_CHOOSING = "At least 12 characters. Three random words work well. Not your name or email address."


@dataclass(frozen=True, slots=True)
class FieldText:
    """What one field is called, what is said when it is empty, and its hint."""

    label: str
    missing: str
    hint: str = ""


class PlainForm(forms.Form):
    """A form whose fields are called what `words` says. It goes in front of one of django-allauth's forms."""

    words: ClassVar[Mapping[str, FieldText]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, text in self.words.items():
            field = self.fields[name]
            field.label, field.help_text = text.label, text.hint
            field.error_messages["required"] = text.missing
            if isinstance(field, forms.EmailField):
                wrong = "Enter an email address in the correct format, like name@example.com"
                field.error_messages["invalid"] = wrong


class SignInForm(PlainForm, allauth_forms.LoginForm):  # type: ignore[misc] # allauth has no types
    """django-allauth's form for email address and password, in our words."""

    words: ClassVar = {
        "login": FieldText("Email address", "Enter your email address"),
        "password": FieldText("Password", "Enter your password"),
    }


class ResetPasswordForm(PlainForm, allauth_forms.ResetPasswordForm):  # type: ignore[misc] # allauth has no types
    """Where to send a link for a new password."""

    words: ClassVar = {"email": FieldText("Email address", "Enter your email address")}

    def clean_email(self) -> str:
        """The address. It leads to the account that has it now, and to none that once had it."""
        email = str(super().clean_email())
        candidates: list[Any] = self.__dict__["users"]
        self.users = [user for user in candidates if user.email == email.strip().lower()]
        return email


class NewPasswordForm(PlainForm, allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc] # allauth has no types
    """A new password, by the link that was sent."""

    words: ClassVar = {
        "password1": FieldText("New password", "Enter a new password", _CHOOSING),
        "password2": FieldText("New password again", "Enter the new password again"),
    }


class ChangePasswordForm(PlainForm, allauth_forms.ChangePasswordForm):  # type: ignore[misc] # allauth has no types
    """The old password and a new one."""

    words: ClassVar = {
        "oldpassword": FieldText("Your password now", "Enter the password you use now"),
        "password1": FieldText("New password", "Enter a new password", _CHOOSING),
        "password2": FieldText("New password again", "Enter the new password again"),
    }


class ConfirmPasswordForm(PlainForm, allauth_forms.ReauthenticateForm):  # type: ignore[misc] # allauth has no types
    """The password once more, before something that matters."""

    words: ClassVar = {"password": FieldText("Password", "Enter your password")}
