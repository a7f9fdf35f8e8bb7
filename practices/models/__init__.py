"""The room's models: practices, the people who work in them, and what they did."""

from practices.models.accounts import AccountTie, FormerAddress, UsedBrowser
from practices.models.audit import AuditEvent, AuditSeal, append_only
from practices.models.holds import Cause, Heartbeat, Hold
from practices.models.journal import JournalEntry, JournalKind
from practices.models.people import Membership, Role, StaffInvitation, User, UserManager
from practices.models.practices import Practice

__all__ = [
    "AccountTie",
    "AuditEvent",
    "AuditSeal",
    "Cause",
    "FormerAddress",
    "Heartbeat",
    "Hold",
    "JournalEntry",
    "JournalKind",
    "Membership",
    "Practice",
    "Role",
    "StaffInvitation",
    "UsedBrowser",
    "User",
    "UserManager",
    "append_only",
]
