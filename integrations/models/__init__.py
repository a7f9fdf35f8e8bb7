"""The models of the room: how a practice is connected (administrators keep that), and what the outbox keeps."""

from integrations.models.connections import (
    AppUsers,
    ChannelConnection,
    ClinicalConnection,
    GatewayCapabilities,
    NotifyConnection,
    Routing,
)
from integrations.models.gone_texts import GoneText
from integrations.models.incoming import IncomingText
from integrations.models.outbox import CodedEntry, DeliveryReceipt, GatewayOutage, Message, Stoppage

__all__ = [
    "AppUsers",
    "ChannelConnection",
    "ClinicalConnection",
    "CodedEntry",
    "DeliveryReceipt",
    "GatewayCapabilities",
    "GatewayOutage",
    "GoneText",
    "IncomingText",
    "Message",
    "NotifyConnection",
    "Routing",
    "Stoppage",
]
