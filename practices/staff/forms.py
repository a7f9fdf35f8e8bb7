"""What managers fill in about their staff, and what new staff fill in about themselves."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from practices.models import AlertKind, Role, StaffInvitation, User
from practices.staff.reminder_settings import CHOICES


def _role_field() -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label="What may they do?",
        choices=Role.choices,
        coerce=Role,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what they may do"},
    )


class InviteForm(forms.Form):
    """A new colleague's work email address, and the role that they get in this practice."""

    email = forms.EmailField(
        label="Their work email address",
        max_length=254,
        error_messages={
            "max_length": "Email address must be 254 characters or fewer",
            "required": "Enter their email address",
            "invalid": "Enter an email address in the correct format, like name@example.com",
        },
    )
    role = _role_field()


class RoleForm(forms.Form):
    """A role for somebody who is here."""

    role = _role_field()


class RemindersForm(forms.Form):
    """Which reminders of appointments go. None is a choice, too."""

    reminders = forms.MultipleChoiceField(
        label="When should patients be reminded?",
        choices=list(CHOICES.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Choose from the reminders on this page"},
    )


class AlertsForm(forms.Form):
    """What a manager is emailed about. Nothing is a choice, too."""

    kinds = forms.MultipleChoiceField(
        label="When should we email you?",
        choices=AlertKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Choose from the emails on this page"},
    )


class SlotsForm(forms.Form):
    """What becomes of slots that do not say whether they are face to face."""

    YES, NO = "yes", "no"

    unmarked = forms.ChoiceField(
        label="Should patients be offered slots that do not say if they are face to face?",
        choices=[(NO, "No"), (YES, "Yes, all such slots in our book are face to face")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose whether patients are offered them", "invalid_choice": "Choose yes or no"},
    )


class JoinForm(forms.Form):
    """A new member of staff about themselves."""

    given_name = forms.CharField(
        label="First name", max_length=60, error_messages={"required": "Enter your first name"}
    )
    family_name = forms.CharField(label="Last name", max_length=60, error_messages={"required": "Enter your last name"})
    password = forms.CharField(
        label="Choose a password",
        help_text="At least 12 characters. Three random words work well. Not your name or email address.",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "Choose a password"},
    )

    def __init__(self, *args: Any, invitation: StaffInvitation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.invitation = invitation

    def clean(self) -> None:
        """The password by the rules for all passwords, which look at the name and address too."""
        password = self.cleaned_data.get("password")
        if password:
            try:
                validate_password(password, self.user())
            except ValidationError as error:
                self.add_error("password", error)

    def user(self) -> User:
        """The user whom the answers describe, not saved."""
        user = User(
            email=self.invitation.email,
            given_name=self.cleaned_data.get("given_name", ""),
            family_name=self.cleaned_data.get("family_name", ""),
        )
        user.set_password(self.cleaned_data.get("password"))
        return user
