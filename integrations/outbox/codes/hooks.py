"""What higher rooms have to say about coded entries that are about to be filed: which of them must not be, now.

The outbox knows an entry's words, and not who answers for them. A room that does registers itself here when the
product starts.
"""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from core.hooks import Hook
from integrations.models.outbox import CodedEntry

CodeGate = Callable[[Sequence[CodedEntry]], Mapping[UUID, str]]
"""Given entries that are about to be filed: those that must not be for now, by id, with a reason for staff.

It is asked once for each claim, so it should take one query.
"""

gates: Hook[CodeGate] = Hook("code gate", "keep a coded entry from being filed for now, with a reason for staff")


def stopped(rows: Sequence[CodedEntry]) -> dict[UUID, str]:
    """The entries that must not be filed now, with the reason."""
    reasons: dict[UUID, str] = {}
    for gate in gates:
        reasons = {**gate(rows), **reasons}
    return reasons
