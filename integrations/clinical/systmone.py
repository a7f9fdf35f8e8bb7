"""TPP SystmOne: appointments by GP Connect, codes by the record gateway in front of SystmOne's own interface."""

from dataclasses import replace

from integrations.clinical.calls import to_gateway, to_gp_connect
from integrations.clinical.gateway import Gateway
from integrations.clinical.gp_connect import GpConnect
from integrations.clinical.port import Actor, CheckedPatient, CodeToFile, Connection, FiledCode
from integrations.clinical.profile import Guide, LocalCodes, ManyCodes, SystemProfile
from integrations.clinical.samples import birth_with_month_name


class SystmOne(GpConnect):
    """The port for a practice on SystmOne."""

    def __init__(self, connection: Connection, actor: Actor) -> None:
        """Serve one practice in the name of one actor."""
        self._calls, self._gateway_calls = to_gp_connect(connection), to_gateway(connection)
        super().__init__(self._calls, connection, actor)
        self._gateway = Gateway(self._gateway_calls, connection)

    def file_code(self, patient: CheckedPatient, code: CodeToFile) -> FiledCode:
        """File a code as its SNOMED CT concept; an EMIS code means nothing here (record-gateway#snomed-ct-alone)."""
        snomed_only = replace(code, local_scheme="", local_code="")
        return self._gateway.file(patient, snomed_only, always_read_back=False)

    def find_code(self, nhs_number: str, code: CodeToFile) -> str:
        """Look for a code that was filed; empty when it is not in the record."""
        return self._gateway.find(nhs_number, code)

    def close(self) -> None:
        """Close the connections to GP Connect and to the gateway."""
        self._calls.close()
        self._gateway_calls.close()


SYSTMONE = SystemProfile(
    key="systmone",
    name="SystmOne",
    adapter=SystmOne,
    required_columns=("nhs_number", "mobile", "date_of_birth"),
    details_from_record=False,
    reads_every_record=False,
    local_codes=LocalCodes.NONE,
    guide=Guide(
        needs="Your file needs each patient's NHS number, mobile number and date of birth. Add the first name if you "
        "want messages to begin with it.",
        steps=(
            "Open Clinical Reporting.",
            "Find the report for the patients you want to invite, or make one, and run it.",
            "Right-click the report and choose Breakdown Results.",
            (
                "Under Demographics, tick NHS number, Telecom number, Date of birth, First name and Surname. "
                "Press Refresh after each one."
            ),
            (
                "Check that Telecom number shows mobile numbers. A patient with several phones has several rows. "
                "If two of them are different mobiles, we hold the patient back and tell you, "
                "as we cannot know which one to text."
            ),
            "Export the table as CSV. You can leave the column Patient count in.",
        ),
    ),
    many_codes=ManyCodes(
        steps=(
            "Download the list, and keep it where only your team can open it.",
            "In SystmOne, open Clinical Reporting. Make a report of patients from the NHS numbers in the file.",
            "Run the report. Check that it has as many patients as this page says.",
            "Right-click the report and show its patients. Select all, and choose to add a code (bulk operations).",
            "Find the code by its term.",
            "Type the date shown on this page as the date of the event. The date that SystmOne offers is today's.",
            "Add the code once only. Then tell us below who has it.",
        ),
        columns={"NHS number": lambda row: row.nhs_number, "Event date": lambda row: f"{row.day:%d/%m/%Y}"},
    ),
    sample={
        "Title": lambda row: row.title,
        "First name": lambda row: row.given_name,
        "Surname": lambda row: row.family_name,
        "Date of birth": birth_with_month_name,
        "NHS number": lambda row: row.nhs_number,
        "Telecom number": lambda row: row.mobile,
        "Patient count": lambda _: "1",
    },
)
