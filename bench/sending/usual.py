"""The yardstick of the usual way to send texts: a Celery task for each, with the twilio package and the ORM.

Celery is as it comes, and the task has none of the product's safety: it does not find out what became of a text whose
call broke off, and lets nobody say that it must not go.
"""

import os
from typing import Any
from urllib.parse import urlsplit

import celery
from django.utils import timezone
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from bench.sending.wire import ACCOUNT, SENDER, TOKEN

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "selfbook.settings")
# With the settings' name in the environment, Celery sets Django up, and gives connections back after each task.
app = celery.Celery("usual", broker=os.environ["REDIS_URL"])


class _Http:
    """The package's client as it comes, at another address."""

    def __init__(self, address: str) -> None:
        self._client, self._address = TwilioHttpClient(), address

    def request(self, method: str, url: str, **details: Any) -> Response:
        """Make the package's request at the stand-in's address, with its path."""
        return self._client.request(method, self._address + urlsplit(url).path, **details)


_clients: dict[str, Client] = {}


@app.task(name="usual.send_message", ignore_result=True)
def send_message(message_id: str, address: str) -> None:
    """Send one text as a usual task does, and write its outcome into its row."""
    from integrations.links import LINK, link_for
    from integrations.models.outbox import Message
    from integrations.models.states import MessageState

    message = Message.objects.get(id=message_id)
    message.state, message.started_at = MessageState.STARTED, timezone.now()
    message.attempts += 1
    message.save()
    sent = _client(address).messages.create(
        to=message.to,
        body=message.body.replace(LINK, link_for(message.subject_id, key_number=message.link_key)),
        messaging_service_sid=SENDER,
    )
    message.state, message.provider_id, message.sent_at = MessageState.ACCEPTED, sent.sid, timezone.now()
    message.save()


def _client(address: str) -> Client:
    """The process's own client for this address, made once."""
    if address not in _clients:
        _clients[address] = Client(ACCOUNT, TOKEN, http_client=_Http(address))
    return _clients[address]
