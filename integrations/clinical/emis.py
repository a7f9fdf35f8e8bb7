"""EMIS Web: appointments by GP Connect, codes by the record gateway in front of EMIS's own interface."""

from integrations.clinical.calls import to_gateway, to_gp_connect
from integrations.clinical.gateway import Gateway
from integrations.clinical.gp_connect import GpConnect
from integrations.clinical.port import Actor, CheckedPatient, CodeToFile, Connection, FiledCode, LocalCodeMissing
from integrations.clinical.profile import Guide, LocalCodes, SystemProfile
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
        (record-gateway#local-codes). So its word is never enough, and no local code is guessed. Raises
        LocalCodeMissing.
        """
        if not (code.local_scheme and code.local_code):
            raise LocalCodeMissing(code.concept_id)
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
    sample={"NHS Number": spaced_nhs_number},
)
