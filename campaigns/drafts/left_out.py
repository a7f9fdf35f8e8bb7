"""What could not be used of an appointment book, in words for staff: their patients miss those slots."""

from collections.abc import Mapping

from core.wording import plural
from integrations.clinical.port import Omission
from practices.models import Practice

REASONS: dict[Omission, str] = {
    Omission.NO_START: "no start time",
    Omission.NO_END: "no end time",
    Omission.NO_LENGTH: "no length",
    Omission.NO_SESSION: "no session",
    Omission.NO_PLACE: "no place",
    Omission.NO_NUMBER: "no number",
    Omission.UNCLEAR_KIND: "no clear kind of appointment",
    Omission.CONTRADICTORY: "two different times",
    Omission.BROKEN: "other faults",
}


def sentences(left_out: Mapping[Omission, int], unmarked: int, practice: Practice) -> list[str]:
    """What staff are shown about slots that could not be used; nothing where all could."""
    lines = []
    system = practice.get_clinical_system_display()
    if total := sum(left_out.values()):
        reasons = ", ".join(f"{left_out[why]} with {words}" for why, words in REASONS.items() if left_out.get(why))
        lines.append(
            f"{plural(total, 'slot')} in your book could not be read: {reasons}. Patients are not offered them. "
            f"Put them right in {system}, or ask its supplier."
        )
    if unmarked:
        verb, they, them = ("does", "it is", "it") if unmarked == 1 else ("do", "they are", "them")
        if practice.offers_unmarked_slots:
            so = f"Patients are offered {them}, because your practice has chosen so."
        else:
            so = f"Patients are not offered {them}. Say it in {system}, or ask a manager to change this under Slots."
        lines.append(f"{plural(unmarked, 'slot')} {verb} not say if {they} face to face. {so}")
    return lines
