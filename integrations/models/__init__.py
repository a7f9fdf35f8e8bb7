"""The models of the room: how a practice is connected (administrators keep that), and what the outbox keeps."""

from integrations.models.connections import AppUsers, Channel, ChannelConnection, ClinicalConnection, NotifyConnection
from integrations.models.incoming import IncomingText
from integrations.models.outbox import CodedEntry, DeliveryReceipt, GatewayOutage, Message, Stoppage

__all__ = [
    "AppUsers",
    "Channel",
    "ChannelConnection",
    "ClinicalConnection",
    "CodedEntry",
    "DeliveryReceipt",
    "GatewayOutage",
    "IncomingText",
    "Message",
    "NotifyConnection",
    "Stoppage",
]
