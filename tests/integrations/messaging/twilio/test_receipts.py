"""Delivery news: whose it is and what it says."""

import pytest

from integrations.messaging.port import DeliveryStatus
from integrations.messaging.twilio import receipts as twilio_receipts

URL = "https://sb.example/twilio/status?b=42"
FORM = {"MessageSid": ["SM1"], "MessageStatus": ["delivered"], "To": ["+447700900123"]}
TOKEN = "12345"
SIGNATURE = "uDsocdSsEk8A2ws34PmQIPOIP/w="


def test_the_published_signature_verifies() -> None:
    assert twilio_receipts.verify(URL, FORM, SIGNATURE, TOKEN)


@pytest.mark.parametrize(
    ("url", "form", "signature", "token"),
    [
        (URL, FORM, "", TOKEN),
        (URL, FORM, SIGNATURE[:-1], TOKEN),
        (URL, FORM, "uDsocdSsEk8A2ws34PmQIPOIP/x=", TOKEN),
        (URL, FORM, "\udcff", TOKEN),
        (URL, FORM, SIGNATURE, ""),
        (URL, FORM, SIGNATURE, "12346"),
        (URL.replace("42", "43"), FORM, SIGNATURE, TOKEN),
        (URL, FORM | {"MessageStatus": ["failed"]}, SIGNATURE, TOKEN),
        (URL, FORM | {"NewParameter": ["x"]}, SIGNATURE, TOKEN),
        (URL, FORM | {"MessageSid": ["SM1", "SM2"]}, SIGNATURE, TOKEN),
        (URL, FORM | {"To": ["\udcff"]}, SIGNATURE, TOKEN),
        (URL, {}, SIGNATURE, TOKEN),
    ],
    ids=[
        "no signature", "short signature", "other signature", "odd signature", "no token", "other token",
        "other address", "altered parameter", "added parameter", "second value", "half a surrogate pair", "empty form",
    ],
)  # fmt: skip
def test_anything_else_does_not(url: str, form: dict[str, list[str]], signature: str, token: str) -> None:
    assert not twilio_receipts.verify(url, form, signature, token)


def test_a_port_in_the_address_is_signed_or_not() -> None:
    assert twilio_receipts.verify(URL.replace("sb.example", "sb.example:443"), FORM, SIGNATURE, TOKEN)


def test_news_of_a_failure_is_put_into_words() -> None:
    receipt = twilio_receipts.parse({"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30005"})
    assert receipt is not None
    assert (receipt.provider_id, receipt.status, receipt.code) == ("SM1", DeliveryStatus.FAILED, "30005")
    assert receipt.reason == "The mobile number is no longer in use."


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        ("accepted", DeliveryStatus.ACCEPTED),
        ("queued", DeliveryStatus.ACCEPTED),
        ("sending", DeliveryStatus.ACCEPTED),
        ("sent", DeliveryStatus.SENT),
        ("delivered", DeliveryStatus.DELIVERED),
        ("read", DeliveryStatus.DELIVERED),
        ("failed", DeliveryStatus.FAILED),
        ("canceled", DeliveryStatus.FAILED),
        ("teleported", None),
    ],
)
def test_twilio_s_words_and_ours(raw: str, status: DeliveryStatus | None) -> None:
    receipt = twilio_receipts.parse({"SmsSid": "SM1", "SmsStatus": raw})
    assert receipt is not None
    assert (receipt.raw_status, receipt.status) == (raw, status)
    assert bool(receipt.reason) is (status is DeliveryStatus.FAILED)


@pytest.mark.parametrize(
    "form", [{}, {"MessageSid": "SM1"}, {"MessageStatus": "sent"}, {"MessageSid": "", "MessageStatus": "sent"}]
)
def test_a_form_without_a_text_is_no_receipt(form: dict[str, str]) -> None:
    assert twilio_receipts.parse(form) is None


@pytest.mark.parametrize("code", ["", "x", "39999", "9" * 5000])
def test_an_unknown_code_still_has_a_reason(code: str) -> None:
    receipt = twilio_receipts.parse({"MessageSid": "SM1", "MessageStatus": "failed", "ErrorCode": code})
    assert receipt is not None
    assert receipt.reason == "The text could not be delivered."
