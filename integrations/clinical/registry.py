"""Which adapter serves which record system. A new system is one module and one line here."""

from collections.abc import Callable, Mapping

from integrations.clinical.emis import Emis
from integrations.clinical.port import Actor, ClinicalSystem, Connection, System
from integrations.clinical.systmone import SystmOne

ADAPTERS: Mapping[System, Callable[[Connection, Actor], ClinicalSystem]] = {
    System.EMIS: Emis,
    System.SYSTMONE: SystmOne,
}


def clinical_system(connection: Connection, actor: Actor) -> ClinicalSystem:
    """The adapter for a practice's record system, in the name of one actor. The caller closes it."""
    return ADAPTERS[connection.system](connection, actor)
