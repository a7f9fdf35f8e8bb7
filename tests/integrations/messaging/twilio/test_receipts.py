"""Delivery news: whose it is and what it says."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from integrations.messaging.port import DeliveryStatus, Post, TextAccount
from integrations.messaging.twilio import receipts as twilio_receipts
from integrations.messaging.twilio.receipts import SignatureCheck
from integrations.sandbox.texts import Account
from integrations.sandbox.twilio import signing

URL = "https://sb.example/twilio/status?b=42"
FORM: Mapping[str, Sequence[str]] = {
    "MessageSid": ["SM1"], "MessageStatus": ["delivered"], "To": ["+447700900123"],
}  # fmt: skip
TOKEN = "12345"
SIGNATURE = "uDsocdSsEk8A2ws34PmQIPOIP/w="
SIGNED = {"X-Twilio-Signature": SIGNATURE}

KEY = "a made-up shared key"
SETTINGS = "X-Twilio-Webhooks-Signature-Settings"


def account(token: str = TOKEN, *keys: str) -> TextAccount:
    return TextAccount("twilio", "AC1", token, "+447700900999", URL, signing_keys=keys)


def by_key(algorithm: str = "HMAC_SHA256", key: str = KEY) -> dict[str, str]:
    """The headers of the form, signed by a SharedKey."""
    form = {name: values[0] for name, values in FORM.items()}
    return signing.headers(URL, form, Account("AC1", TOKEN, signing_key=key, signing=algorithm))


def check(
    headers: Mapping[str, str], by: TextAccount, url: str = URL, form: Mapping[str, Sequence[str]] = FORM
) -> SignatureCheck:
    return twilio_receipts.verify(Post(url, headers, b"", form), by)


def test_the_published_signature_verifies() -> None:
    assert check(SIGNED, account()) is SignatureCheck.GENUINE


@pytest.mark.parametrize("algorithm", ["HMAC_SHA256", "HMAC_SHA1"])
def test_a_shared_key_signs_in_the_way_that_its_header_names(algorithm: str) -> None:
    assert check(by_key(algorithm), account(TOKEN, KEY)) is SignatureCheck.GENUINE
    assert check(by_key(algorithm), account("", "a former key", KEY)) is SignatureCheck.GENUINE


@pytest.mark.parametrize(
    ("url", "form", "token"),
    [
        (URL, FORM, "12346"),
        (URL.replace("42", "43"), FORM, TOKEN),
        (URL, {**FORM, "MessageStatus": ["failed"]}, TOKEN),
        (URL, {**FORM, "NewParameter": ["x"]}, TOKEN),
        (URL, {**FORM, "MessageSid": ["SM1", "SM2"]}, TOKEN),
        (URL, {}, TOKEN),
    ],
    ids=["other token", "other address", "altered parameter", "added parameter", "second value", "empty form"],
)
def test_a_signature_is_for_one_address_and_form(url: str, form: dict[str, list[str]], token: str) -> None:
    assert check(SIGNED, account(token), url, form) is SignatureCheck.WRONG_SIGNATURE
    keys = account(TOKEN, KEY if token == TOKEN else "another key")
    assert check(by_key(), keys, url, form) is SignatureCheck.WRONG_SIGNATURE


@pytest.mark.parametrize(
    ("headers", "verdict"),
    [
        ({}, SignatureCheck.NO_SIGNATURE),
        ({"X-Twilio-Signature": ""}, SignatureCheck.NO_SIGNATURE),
        ({"X-Twilio-Signature": "  "}, SignatureCheck.NO_SIGNATURE),
        ({SETTINGS: by_key()[SETTINGS]}, SignatureCheck.NO_SIGNATURE),
        ({"X-Twilio-Signature": SIGNATURE[:-1]}, SignatureCheck.WRONG_SIGNATURE),
        ({"X-Twilio-Signature": SIGNATURE.lower()}, SignatureCheck.WRONG_SIGNATURE),
        ({"X-Twilio-Signature": f"{SIGNATURE},{SIGNATURE}"}, SignatureCheck.WRONG_SIGNATURE),
        ({"X-Twilio-Signature": "uDsocdSsEk8A2ws34PmQIPOIP/x="}, SignatureCheck.WRONG_SIGNATURE),
        ({"X-Twilio-Signature": SIGNATURE + "\u00e9"}, SignatureCheck.UNREADABLE),
        ({"X-Twilio-Signature": "\udcff"}, SignatureCheck.UNREADABLE),
        ({**by_key(), SETTINGS: "key=\u00e9,algorithm=HMAC_SHA256"}, SignatureCheck.UNREADABLE),
        ({**by_key(), SETTINGS: "key=1,algorithm=HMAC_MD5"}, SignatureCheck.UNKNOWN_ALGORITHM),
        ({**by_key(), SETTINGS: "key=1,algorithm=none"}, SignatureCheck.UNKNOWN_ALGORITHM),
        # Signed in one way and said to be signed in the other.
        ({**by_key(), SETTINGS: "key=1"}, SignatureCheck.WRONG_SIGNATURE),
        ({**by_key(), SETTINGS: ""}, SignatureCheck.WRONG_SIGNATURE),
        ({**by_key("HMAC_SHA1"), SETTINGS: "key=1,algorithm=HMAC_SHA256"}, SignatureCheck.WRONG_SIGNATURE),
        # The token is none of the keys, nor a key the token.
        ({**SIGNED, SETTINGS: "key=1,algorithm=HMAC_SHA1"}, SignatureCheck.WRONG_SIGNATURE),
        ({"X-Twilio-Signature": by_key("HMAC_SHA1")["X-Twilio-Signature"]}, SignatureCheck.WRONG_SIGNATURE),
    ],
)
def test_what_is_wrong_with_the_headers_is_named(headers: dict[str, str], verdict: SignatureCheck) -> None:
    assert check(headers, account(TOKEN, KEY)) is verdict


def test_without_the_secret_nothing_is_believed() -> None:
    assert check(SIGNED, account("")) is SignatureCheck.NO_KEY
    assert check(SIGNED, account("", KEY)) is SignatureCheck.NO_KEY
    assert check(by_key(), account(TOKEN)) is SignatureCheck.NO_KEY
    assert check(by_key(key="another key"), account("another key", "")) is SignatureCheck.NO_KEY


def test_half_of_a_surrogate_pair_is_unreadable() -> None:
    assert check(SIGNED, account(), form={**FORM, "To": ["\udcff"]}) is SignatureCheck.UNREADABLE


def test_a_port_in_the_address_is_signed_or_not() -> None:
    with_port = URL.replace("sb.example", "sb.example:443")
    assert check(SIGNED, account(), with_port) is SignatureCheck.GENUINE
    assert check(by_key(), account(TOKEN, KEY), with_port) is SignatureCheck.GENUINE


def test_secrets_are_not_shown() -> None:
    assert KEY not in repr(replace(account(), signing_keys=(KEY,)))


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
