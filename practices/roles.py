"""Who may do what: the one matrix of roles and permissions that every staff page goes by.

A page names its permission with `practices.access.allowed`; a template asks `may("prepare batches")`.
tests/selfbook/access/test_walk.py walks every address with every role and holds it to a table of its own.
"""

from collections.abc import Mapping
from enum import StrEnum

from practices.models import Role


class Permission(StrEnum):
    """One thing that staff may do in their practice, in words that finish "You may ..."."""

    SEE_BATCHES = "see batches"
    SEE_PATIENTS = "see patients"
    DOWNLOAD_PATIENTS = "download patients"
    PREPARE_BATCHES = "prepare batches"
    SEND_BATCHES = "send batches"
    APPROVE_BATCHES = "approve batches"
    FOLLOW_UP = "follow up"
    CHANGE_OPT_OUTS = "change opt-outs"
    CHANGE_TEMPLATES = "change templates"
    ASK_FOR_CODES = "ask for codes"
    APPROVE_CODES = "approve codes"
    MANAGE_STAFF = "manage staff"
    SEE_AUDIT = "see the audit trail"
    CHANGE_PRACTICE = "change the practice"
    ERASE_PATIENTS = "erase and copy patients' data"


_VIEWER = frozenset({Permission.SEE_BATCHES, Permission.SEE_PATIENTS})
_SENDER = _VIEWER | {
    Permission.DOWNLOAD_PATIENTS,
    Permission.PREPARE_BATCHES,
    Permission.SEND_BATCHES,
    Permission.APPROVE_BATCHES,
    Permission.FOLLOW_UP,
    Permission.CHANGE_OPT_OUTS,
    Permission.CHANGE_TEMPLATES,
    Permission.ASK_FOR_CODES,
}
_MANAGER = _SENDER | {
    Permission.APPROVE_CODES,
    Permission.MANAGE_STAFF,
    Permission.SEE_AUDIT,
    Permission.CHANGE_PRACTICE,
    Permission.ERASE_PATIENTS,
}

MATRIX: Mapping[Role, frozenset[Permission]] = {
    Role.VIEWER: _VIEWER,
    Role.SENDER: _SENDER,
    Role.MANAGER: _MANAGER,
}
"""What each role of a practice may do there.

Administrators across practices are not in it: they have the admin, and see no patient unless a practice makes them one
of its staff.
"""

ABOUT: Mapping[Role, str] = {
    Role.VIEWER: "Sees batches, how they are going, and the patients in them. Changes nothing.",
    Role.SENDER: "Makes and sends batches, follows patients up, downloads lists, and changes opt-outs and templates.",
    Role.MANAGER: "All that senders do, approves SNOMED codes, decides who works here, and how long data is kept.",
}
"""What each role means, for the pages on which managers choose one."""


def may(role: str | None, permission: str) -> bool:
    """Whether this role holds a permission. No role holds none; raises ValueError for a permission that is none."""
    wanted = Permission(permission)
    return role is not None and wanted in MATRIX[Role(role)]
