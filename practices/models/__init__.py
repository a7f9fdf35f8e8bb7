"""The room's models: practices, the people who work in them, and what they did."""

from practices.models.accounts import AccountTie, FormerAddress, UsedBrowser
from practices.models.alerts import Alert, AlertEmail, AlertKind, AlertSwitchedOff, EmailState
from practices.models.audit import AuditEvent, AuditSeal, append_only
from practices.models.holds import Cause, Heartbeat, Hold
from practices.models.information import PracticeInformation
from practices.models.journal import JournalEntry, JournalKind
from practices.models.people import Membership, Role, StaffInvitation, User, UserManager
from practices.models.practices import Practice

__all__ = [
    "AccountTie",
    "Alert",
    "AlertEmail",
    "AlertKind",
    "AlertSwitchedOff",
    "AuditEvent",
    "AuditSeal",
    "Cause",
    "EmailState",
    "FormerAddress",
    "Heartbeat",
    "Hold",
    "JournalEntry",
    "JournalKind",
    "Membership",
    "Practice",
    "PracticeInformation",
    "Role",
    "StaffInvitation",
    "UsedBrowser",
    "User",
    "UserManager",
    "append_only",
]
