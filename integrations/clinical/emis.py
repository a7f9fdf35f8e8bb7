"""EMIS Web: appointments by GP Connect, codes by the record gateway in front of EMIS's own interface."""

from integrations.clinical.calls import to_gateway, to_gp_connect
from integrations.clinical.gateway import Gateway
from integrations.clinical.gp_connect import GpConnect
from integrations.clinical.port import Actor, CheckedPatient, CodeToFile, Connection, FiledCode
from integrations.clinical.profile import Guide, LocalCodes, ManyCodes, SystemProfile
from integrations.clinical.samples import spaced_nhs_number


class Emis(GpConnect):
    """The port for a practice on EMIS Web."""

    def __init__(self, connection: Connection, actor: Actor) -> None:
        """Serve one practice in the name of one actor."""
        self._calls, self._gateway_calls = to_gp_connect(connection), to_gateway(connection)
        super().__init__(self._calls, connection, actor)
        self._gateway = Gateway(self._gateway_calls, connection)

    def file_code(self, patient: CheckedPatient, code: CodeToFile) -> FiledCode:
        """File a code together with its READ2 or EMIS code, and read it back.

        EMIS reports success for an entry whose local code is not in the site's dictionary and does not keep it
        (record-gateway#local-codes). So its word is never enough, and no local code is guessed: without one the code
        goes only to a gateway that finds it itself. Raises LocalCodeMissing.
        """
        self._gateway.check_local_code(code)
        return self._gateway.file(patient, code, always_read_back=True)

    def find_code(self, nhs_number: str, code: CodeToFile) -> str:
        """Look for a code that was filed; empty when it is not in the record."""
        return self._gateway.find(nhs_number, code)

    def close(self) -> None:
        """Close the connections to GP Connect and to the gateway."""
        self._calls.close()
        self._gateway_calls.close()


EMIS = SystemProfile(
    key="emis",
    name="EMIS",
    adapter=Emis,
    required_columns=("nhs_number",),
    details_from_record=True,
    reads_every_record=True,
    local_codes=LocalCodes.EMIS,
    guide=Guide(
        needs="Your file only needs each patient's NHS number. We take the mobile number, date of birth and name from "
        "the patient's record in EMIS.",
        steps=(
            "Open Population Reporting.",
            "Find the search for the patients you want to invite, or make one, and run it.",
            "Add a list report to the search. Choose patient details, then NHS Number, as its column.",
            "Run the list report and look at its results.",
            "Export the results, and choose CSV as the kind of file.",
        ),
    ),
    many_codes=ManyCodes(
        steps=(
            "Download the list, and keep it where only your team can open it.",
            "In EMIS Web, open Population Reporting. Choose a folder for it.",
            "Add a patient list, and import the NHS numbers from the file.",
            "Check that the list has as many patients as this page says. Look at those that it did not find.",
            "Open the list's patients, choose to add a code to all of them (batch add), and find the code by its term.",
            "Type the date shown on this page. The date that EMIS offers is today's.",
            "Add the code once only. Then tell us below who has it.",
        ),
        columns={"NHS Number": lambda row: row.nhs_number},
    ),
    sample={"NHS Number": spaced_nhs_number},
)
