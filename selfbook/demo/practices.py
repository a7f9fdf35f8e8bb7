"""The two made-up practices: who they are, who works there, who their patients are, what is in their books."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from integrations.clinical import emis, systmone
from integrations.clinical.profile import LocalCodes, SystemProfile
from selfbook.demo.people import Person, people

PASSWORD = "correct horse battery"  # noqa: S105 - for made-up staff, printed by the demo


@dataclass(frozen=True, slots=True)
class DemoPractice:
    """One made-up practice. `first_stem` and `first_mobile` set its patients apart from the other's."""

    name: str
    ods_code: str
    phone: str
    address: str
    system: SystemProfile
    mail: str
    first_stem: int
    first_mobile: int

    def people(self, number: int) -> list[Person]:
        """So many of its patients, always the same ones first."""
        return people(number, first_stem=self.first_stem, first_mobile=self.first_mobile)

    @property
    def account_sid(self) -> str:
        """Its account with the stand-in for Twilio."""
        return "AC" + self.ods_code.lower().encode().hex().rjust(32, "0")

    @property
    def auth_token(self) -> str:
        """The account's token, which signs receipts."""
        return f"made-up-token-{self.ods_code}"

    @property
    def gateway_token(self) -> str:
        """The bearer token of its record gateway, which the sandbox knows too."""
        return f"gateway-{self.ods_code}"


EMIS = DemoPractice(
    "Willow Bank Surgery",
    "A99001",
    "01632 960001",
    "1 Willow Bank, Leeds LS1 6AE",
    emis.EMIS,
    "willow",
    999_100_000,
    0,
)
SYSTMONE = DemoPractice(
    "Harbour Lane Practice",
    "A99002",
    "01632 960002",
    "20 Harbour Lane, Hull HU1 2AB",
    systmone.SYSTMONE,
    "harbour",
    999_200_000,
    500,
)
BOTH = (EMIS, SYSTMONE)


def sandbox_practice(practice: DemoPractice, codes: list[dict[str, str]]) -> dict[str, Any]:
    """What the stand-ins must know of a practice. `codes` is its EMIS dictionary."""
    return {
        "ods": practice.ods_code,
        "system": practice.system.key,
        "name": practice.name,
        "phone": practice.phone,
        "gateway_token": practice.gateway_token,
        "local_codes": codes if practice.system.local_codes is LocalCodes.EMIS else [],
    }


def sandbox_patient(practice: DemoPractice, place: int, person: Person) -> dict[str, Any]:
    """One patient for the stand-ins. A few have no mobile, a landline, or a record that may not be shown."""
    odd = place % 50
    return {
        "ods": practice.ods_code,
        "nhs_number": person.nhs_number,
        "given": person.given,
        "family": person.family,
        "dob": person.date_of_birth.isoformat(),
        "mobile": {7: "", 17: "01632 960123"}.get(odd, person.mobile),
        "deceased": odd == 27,
        "sensitive": odd == 37,
    }


_WEEKDAY = (
    # slot type, session, clinician, first slot, minutes, slots, delivery channel
    ("Flu clinic", "Morning flu session", "Sr Sara Black", time(9), 10, 18, "In-person"),
    ("Blood test", "Phlebotomy", "Ms Ada Hill", time(8, 30), 10, 12, "In-person"),
    ("Asthma review", "Long-term conditions", "Mr Lee Grant", time(14), 20, 6, "In-person"),
    ("Cervical screening", "Women's health", "Sr Sara Black", time(15), 20, 4, "In-person"),
    ("Telephone consultation", "Doctor's list", "Dr Jane Marsh", time(9), 10, 12, "Telephone"),
)
_SATURDAY = (("Flu clinic", "Saturday flu session", "Sr Sara Black", time(9), 5, 36, "In-person"),)


def sessions(practice: DemoPractice, first: date, last: date) -> list[dict[str, Any]]:
    """The sessions in a practice's book between two days, both included. Nobody works on Sundays."""
    made = []
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        plan = () if day.weekday() == 6 else _SATURDAY if day.weekday() == 5 else _WEEKDAY
        for slot_type, name, clinician, start, minutes, slots, channel in plan:
            made.append(
                {
                    "ods": practice.ods_code,
                    "name": name,
                    "slot_type": slot_type,
                    "start": datetime.combine(day, start).isoformat(),
                    "minutes": minutes,
                    "count": slots,
                    "clinician": clinician,
                    "location": practice.name,
                    "delivery_channel": channel,
                }
            )
    return made
