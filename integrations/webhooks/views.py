"""Delivery receipts in. Nothing is believed before its signature is checked."""

import logging
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from integrations.connections import receipts_url
from integrations.messaging import receipts
from integrations.models import ChannelConnection
from integrations.outbox import news

logger = logging.getLogger(__name__)


@csrf_exempt  # the signature is the proof of where it comes from
@require_POST
def twilio(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Keep one receipt (wire 12.3).

    The signed address is the public one we gave Twilio, not what this request says of itself. A repeat, or news of a
    message we do not know, is answered like any other: there is nothing to find out here.
    """
    connection = ChannelConnection.objects.select_related("practice").filter(id=connection_id).first()
    if connection is None:
        raise Http404
    signature = request.headers.get("X-Twilio-Signature", "")
    parameters = {name: request.POST.getlist(name) for name in request.POST}
    if not receipts.verify(receipts_url(connection), parameters, signature, connection.auth_token):
        logger.warning("receipt refused: wrong signature", extra={"connection": str(connection.id)})
        return HttpResponse(status=403)
    receipt = receipts.parse({name: values[-1] for name, values in parameters.items()})
    if receipt is not None:
        news.keep_receipt(connection.practice, receipt)
    return HttpResponse(status=204)
