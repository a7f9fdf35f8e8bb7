"""What outside systems post: delivery receipts, and texts from patients. Nothing unsigned is believed."""

import logging
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from integrations.connections import incoming_url, receipts_url, text_account
from integrations.messaging.nhs_notify import receipts as notify_receipts
from integrations.messaging.port import NotGenuine, Post
from integrations.messaging.registry import TEXT_PROVIDERS, text_provider
from integrations.models import ChannelConnection, NotifyConnection
from integrations.outbox.messages import notify_receipts as notify_message_receipts
from integrations.outbox.messages import receipts as message_receipts
from integrations.webhooks import incoming as texts_in

logger = logging.getLogger(__name__)


@csrf_exempt  # the signature is the proof of where it comes from
@require_POST
def receipts(request: HttpRequest, provider: str, connection_id: UUID) -> HttpResponse:
    """Keep what a provider of texts says of some.

    A repeat, or news of a message we do not know, is answered like any other: there is nothing to find out here.
    """
    connection = _connection(provider, connection_id)
    try:
        news = text_provider(provider).receipts(_post(request, receipts_url(connection)), text_account(connection))
    except NotGenuine as why:
        return _refused(connection, why)
    for receipt in news:
        message_receipts.keep_receipt(connection.practice, receipt)
    return HttpResponse(status=204)


@csrf_exempt
@require_POST
def incoming(request: HttpRequest, provider: str, connection_id: UUID) -> HttpResponse:
    """Take one text from a patient, and tell the provider what to text back."""
    connection, speaks = _connection(provider, connection_id), text_provider(provider)
    try:
        text = speaks.incoming(_post(request, incoming_url(connection)), text_account(connection))
    except NotGenuine as why:
        return _refused(connection, why)
    answer = speaks.answer(texts_in.take(connection.practice, text) if text is not None else "")
    return HttpResponse(answer.body, content_type=answer.content_type)


@csrf_exempt  # the key and the signature are the proof of where it comes from
@require_POST
def notify(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Keep news from NHS Notify (nhs-notify#news). Nothing of the body is read before it is known to be theirs."""
    connection = NotifyConnection.objects.select_related("practice").filter(id=connection_id).first()
    if connection is None:
        raise Http404
    verdict = notify_receipts.verify(
        request.body,
        key=request.headers.get("x-api-key", ""),
        signature=request.headers.get("x-hmac-sha256-signature", ""),
        application_id=connection.application_id,
        api_key=connection.api_key,
    )
    if verdict is not notify_receipts.ReceiptCheck.GENUINE:
        logger.warning("post refused", extra={"connection": str(connection.id), "verdict": str(verdict)})
        return HttpResponse(status=401 if verdict is notify_receipts.ReceiptCheck.WRONG_KEY else 403)
    for event in notify_receipts.parse(request.body):
        notify_message_receipts.keep(connection.practice, event)
    return HttpResponse(status=202)


def _connection(provider: str, connection_id: UUID) -> ChannelConnection:
    """The practice's account with this provider. Raises Http404."""
    stored = ChannelConnection.objects.select_related("practice")
    connection = stored.filter(id=connection_id, provider=provider).first()
    if connection is None or provider not in TEXT_PROVIDERS:
        raise Http404
    return connection


def _post(request: HttpRequest, address: str) -> Post:
    """What was posted. Its address is the public one that the provider was given, not what this request says."""
    body = request.body  # before the form, which is read from the same stream
    return Post(address, request.headers, body, {name: request.POST.getlist(name) for name in request.POST})


def _refused(connection: ChannelConnection, why: NotGenuine) -> HttpResponse:
    logger.warning("post refused", extra={"connection": str(connection.id), "verdict": str(why)})
    return HttpResponse(status=403)
