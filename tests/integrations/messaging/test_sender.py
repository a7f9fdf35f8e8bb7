"""Which senders a practice may have."""

import pytest

from integrations.admin import ChannelConnectionForm
from integrations.messaging.sender import sender_faults
from integrations.messaging.twilio.provider import TWILIO
from tests.factories import make_practice


@pytest.mark.parametrize(
    "sender",
    [
        "GPSurgery",
        "ElmSurg",
        "Elm",
        "Elm&Ash_GPs",
        "Elm-Surgery",
        "2ndSurgery",
        "NHSNoReply",
        "InfoElm",
        "0Elm",
        "+447700900999",
    ],
)
def test_senders_that_may_be_used(sender: str) -> None:
    assert sender_faults(sender) == []


@pytest.mark.parametrize(
    ("sender", "message"),
    [
        ("El", "This one has 2"),
        ("ElmTreeSurge", "This one has 12"),
        ("Elm Surgery", "spaces"),
        ("Elm\u00a0Tree", "spaces"),
        ("Elm\tTree", "spaces"),
        ("Elm.Surgery", "Use only letters"),
        ("Elm+Surgery", "Use only letters"),
        ("Meddygfa\u0175", "Use only letters"),
        ("Elm\u2019s", "Use only letters"),
        ("Elm\N{SYRINGE}", "Use only letters"),
        ("\u0415lmSurgery", "Use only letters"),  # a Cyrillic letter that looks like an E
        ("00Elm", "start with 00"),
        ("Info", "could be anybody's"),
        ("ALERT", "could be anybody's"),
        ("verify", "could be anybody's"),
        ("Info-1", "could be anybody's"),
        ("No_Reply", "could be anybody's"),
        ("nhsnoreply", "Write NHSNoReply exactly so"),
        ("NHS-NoReply", "Write NHSNoReply exactly so"),
        ("07700900", "needs a letter"),
        ("---", "needs a letter"),
    ],
)
def test_one_fault_is_told_as_one(sender: str, message: str) -> None:
    (fault,) = sender_faults(sender)
    assert message in fault


@pytest.mark.parametrize("sender", ["+44 7700 900999", "+0123456789", "MG" + "0a" * 15, "MG" + "0a" * 16 + "\n"])
def test_a_number_or_a_service_that_is_not_quite_one_is_no_sender(sender: str) -> None:
    assert TWILIO.sender_faults(sender)


def test_every_fault_is_told_at_once() -> None:
    assert len(sender_faults("")) == 2
    assert len(sender_faults("00 ")) == 3


def test_a_messaging_service_is_a_sender_with_twilio_alone() -> None:
    assert TWILIO.sender_faults("MG" + "0a" * 16) == []
    assert sender_faults("MG" + "0a" * 16)


@pytest.mark.django_db
def test_an_administrator_is_told_before_a_text_is() -> None:
    practice = make_practice()
    values = {
        "practice": practice.id,
        "provider": "twilio",
        "account_sid": "AC" + "0" * 32,
        "auth_token": "a made-up token",
    }
    refused = ChannelConnectionForm({**values, "sender": "Elm Surgery"})
    assert refused.errors["sender"] == ["Take the spaces out of the sender name."]
    assert ChannelConnectionForm({**values, "sender": "ElmSurgery"}).is_valid()
