"""TPP SystmOne: appointments by GP Connect, codes by the record gateway in front of SystmOne's own interface."""

from dataclasses import replace

from integrations.clinical.calls import Calls
from integrations.clinical.gateway import Gateway
from integrations.clinical.gp_connect import GpConnect
from integrations.clinical.port import Actor, CheckedPatient, CodeToFile, Connection, FiledCode


class SystmOne(GpConnect):
    """The port for a practice on SystmOne."""

    def __init__(self, connection: Connection, actor: Actor) -> None:
        """Serve one practice in the name of one actor."""
        self._calls = Calls()
        super().__init__(self._calls, connection, actor)
        self._gateway = Gateway(self._calls, connection)

    def file_code(self, patient: CheckedPatient, code: CodeToFile) -> FiledCode:
        """File a code as its SNOMED CT concept; an EMIS code means nothing here (record-gateway#snomed-ct-alone)."""
        snomed_only = replace(code, local_scheme="", local_code="")
        return self._gateway.file(patient, snomed_only, always_read_back=False)

    def find_code(self, nhs_number: str, code: CodeToFile) -> str:
        """Look for a code that was filed; empty when it is not in the record."""
        return self._gateway.find(nhs_number, code)

    def close(self) -> None:
        """Close the connections to GP Connect and to the gateway, which share one pool."""
        self._calls.close()
