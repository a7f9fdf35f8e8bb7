"""The list of a wizard's batch, and rows to put into one."""

from patients.models import PatientList
from tests.campaigns.wizard import Wizard
from tests.html import Page, text_of

HEADER = "NHS number,Telecom number,Date of birth,First name,Surname"
PEOPLE = [
    ("9990000018", "07700900123", "09/03/1958", "Asha", "Patel"),
    ("9990000026", "07700900124", "10/04/1960", "Ben", "Okoro"),
    ("9990000034", "7700900125", "11/05/1962", "Zoë", "Evans"),
    ("9990000042", "01134960000", "12/06/1964", "Sam", "Hughes"),
    ("9990000050", "", "13/07/1966", "Maya", "Lewis"),
]
"""Three patients who can be sent to, one of them with a lost zero; a landline, and nobody's number."""


def list_of(wizard: Wizard) -> PatientList:
    """The batch's list as the database has it now."""
    patient_list = wizard.campaign.patient_list
    assert patient_list is not None
    return patient_list


def row_numbers(page: Page, table: int = 0) -> list[str]:
    """The rows that one of a page's tables shows."""
    return [text_of(row[0]).removeprefix("Row ") for row in page.all("tbody")[table]]


def hrefs(page: Page) -> list[str]:
    """Where the links of a page go."""
    return [link.get("href", "") for link in page.all("a")]
