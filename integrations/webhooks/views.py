"""What outside systems post: delivery receipts, and texts from patients. Nothing unsigned is believed."""

import logging
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from integrations.connections import incoming_url, receipts_url
from integrations.messaging import replies
from integrations.messaging.nhs_notify import receipts as notify_receipts
from integrations.messaging.twilio import receipts as twilio_receipts
from integrations.models import ChannelConnection, NotifyConnection
from integrations.outbox.messages import notify_receipts as notify_message_receipts
from integrations.outbox.messages import receipts as message_receipts
from integrations.webhooks import incoming as texts_in

logger = logging.getLogger(__name__)


@csrf_exempt  # the signature is the proof of where it comes from
@require_POST
def twilio(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Keep one receipt (twilio#delivery-news).

    A repeat, or news of a message we do not know, is answered like any other: there is nothing to find out here.
    """
    connection = _connection(connection_id)
    fields = _verified(request, connection, receipts_url(connection))
    if fields is None:
        return HttpResponse(status=403)
    receipt = twilio_receipts.parse(fields)
    if receipt is not None:
        message_receipts.keep_receipt(connection.practice, receipt)
    return HttpResponse(status=204)


@csrf_exempt
@require_POST
def incoming(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Take one text from a patient (twilio#incoming-texts), and tell Twilio what to text back."""
    connection = _connection(connection_id)
    fields = _verified(request, connection, incoming_url(connection))
    if fields is None:
        return HttpResponse(status=403)
    words = texts_in.take(connection.practice, fields)
    return HttpResponse(replies.answer(words), content_type="text/xml; charset=utf-8")


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


def _connection(connection_id: UUID) -> ChannelConnection:
    connection = ChannelConnection.objects.select_related("practice").filter(id=connection_id).first()
    if connection is None:
        raise Http404
    return connection


def _verified(request: HttpRequest, connection: ChannelConnection, address: str) -> dict[str, str] | None:
    """The form that was posted, if Twilio signed it; else None.

    The signed address is the public one we gave Twilio, not what this request says of itself.
    """
    signature = request.headers.get("X-Twilio-Signature", "")
    parameters = {name: request.POST.getlist(name) for name in request.POST}
    if not twilio_receipts.verify(address, parameters, signature, connection.auth_token):
        logger.warning("post refused: wrong signature", extra={"connection": str(connection.id)})
        return None
    return {name: values[-1] for name, values in parameters.items()}
