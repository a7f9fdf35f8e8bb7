"""What a batch's own texts have cost, and a booking: fragments times the practice's price, as the wizard has it."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from booking.staff.reports.figures import Report
from campaigns.messages.costs import NO_PRICE, in_pounds, pounds
from core.wording import plural


@dataclass(frozen=True, slots=True)
class Spent:
    """What a report's texts have cost in pounds, and a booking (reports#cost).

    None where that is not known, or nobody has booked.
    """

    fragments: int
    pounds: Decimal | None
    each: Decimal | None

    @property
    def sentences(self) -> list[str]:
        """The same in words, for staff."""
        if not self.fragments:
            return ["No texts of your own have been paid for."]
        texts = plural(self.fragments, "fragment")
        if self.pounds is None:
            return [f"Your texts: {texts}. {NO_PRICE}"]
        booking = f"A booking has cost {in_pounds(self.each)}." if self.each is not None else "Nobody has booked yet."
        return [f"Your texts: {texts}, {in_pounds(self.pounds)}. {booking}"]


def spent(report: Report, price: Decimal | None) -> Spent:
    """What a report's texts have cost at a price in pence of a fragment; None: nobody has told us one."""
    if price is None:
        return Spent(report.fragments, None, None)
    whole = pounds(price, report.fragments)
    each = (whole / report.booked).quantize(Decimal("0.01"), ROUND_HALF_UP) if report.booked else None
    return Spent(report.fragments, whole, each)
