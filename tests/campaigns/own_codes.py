"""Practices whose people ask for codes of their own, and approve them."""

from typing import Any

from campaigns.codes import services as codes
from campaigns.models import CodeKind, SnomedCode
from campaigns.models.snomed import SnomedRelease, SnomedTerm
from practices.models import Practice, Role, User
from tests.campaigns.rf2_files import concept_id
from tests.factories import make_practice, make_staff

CONCEPT = concept_id(41)
TERM = "Made-up screening invitation text message"
DECLINED = "Made-up screening declined"


def load_release(term: str = TERM) -> None:
    """A SNOMED CT release that has the concept with this term."""
    SnomedRelease.objects.create(effective_date="2026-04-01", terms=1)
    SnomedTerm.objects.create(concept_id=CONCEPT, term=term, full_name=f"{term} (procedure)")


class Surgery:
    """A practice with somebody who asks for codes and a manager who approves them."""

    def __init__(self, name: str = "Example Surgery") -> None:
        self.practice: Practice = make_practice(name=name)
        self.sender: User = make_staff(self.practice)
        self.manager: User = make_staff(self.practice, Role.MANAGER)

    def asks(self, **fields: Any) -> SnomedCode:
        values = {"concept_id": CONCEPT, "term": TERM, "kind": CodeKind.INVITATION}
        code = SnomedCode(practice=self.practice, **values | fields)
        codes.write(code=code, by=self.sender)
        return code

    def has(self, **fields: Any) -> SnomedCode:
        """One that its manager has approved."""
        return approve(self.asks(**fields), self.manager)


def approve(code: SnomedCode, by: User) -> SnomedCode:
    return codes.approve(code_id=code.pk, seen=codes.fingerprint(code), by=by)
