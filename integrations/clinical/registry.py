"""The record systems there are. A new one is one module, with its adapter and its profile, and one line here."""

from integrations.clinical.emis import EMIS
from integrations.clinical.port import Actor, ClinicalSystem, Connection
from integrations.clinical.profile import SystemProfile
from integrations.clinical.systmone import SYSTMONE

SYSTEMS: dict[str, SystemProfile] = {
    profile.key: profile
    for profile in (
        EMIS,
        SYSTMONE,
    )
}
"""By the key that is stored, in the order in which staff see them."""


def profile_of(key: str) -> SystemProfile:
    """What is peculiar to a record system. Raises KeyError for one that there is not."""
    return SYSTEMS[key]


def names() -> list[tuple[str, str]]:
    """The stored key and the name of every record system."""
    return [(profile.key, profile.name) for profile in SYSTEMS.values()]


def clinical_system(connection: Connection, actor: Actor) -> ClinicalSystem:
    """The adapter for a practice's record system, in the name of one actor. The caller closes it."""
    return profile_of(connection.system).adapter(connection, actor)
