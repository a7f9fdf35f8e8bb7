"""The kinds of message that a patient can be sent. Who carries each for a practice is told by its connections."""

from django.db.models import TextChoices


class Channel(TextChoices):
    """A kind of message. The values are stored."""

    TEXT = "text", "Text"
    NOTIFY = "notify", "NHS App, NHS Notify's text behind it"
    APP = "app", "NHS App, a text of ours behind it"

    @property
    def by_nhs_number(self) -> bool:
        """Whether it goes by the patient's NHS number, and many in one call; a text goes by mobile number."""
        return self is not Channel.TEXT


IN_THE_APP, AS_THEIR_TEXT = "nhsapp", "sms"
"""Where NHS Notify brings a message, in its own words."""
