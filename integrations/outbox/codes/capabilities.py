"""Asking a practice's record gateway what it can do, before its codes are filed (record-gateway#capabilities)."""

import logging
from contextlib import closing

from core.database import release
from integrations import gateways
from integrations.clinical.calls import Calls
from integrations.clinical.errors import ClinicalError
from integrations.clinical.gateway import Gateway
from integrations.connections import clinical_connection
from integrations.models import ClinicalConnection
from practices.models import Practice

logger = logging.getLogger(__name__)

LONGEST = 10.0
"""Seconds that one try may take: entries wait behind it."""


def refresh(practice: Practice) -> None:
    """Ask the practice's gateway, and keep the answer, unless it was asked of late. Raises NotConnected.

    One that does not answer leaves things as they are: an entry that depends on the answer then asks again itself.
    """
    connection = clinical_connection(practice)
    if not connection.gateway_url or connection.capabilities is not None:
        return
    stored = ClinicalConnection.objects.get(practice=practice)
    release()
    with closing(Calls(read_tries=1, longest=LONGEST)) as calls:
        try:
            read = Gateway(calls, connection).read_capabilities()
        except ClinicalError as error:
            logger.warning("capabilities not read", extra={"practice_id": str(practice.id), "detail": error.detail})
            return
    gateways.keep(stored, read)
