"""GP Connect Appointment Management 1.2 (FHIR STU3, gp-connect#calls): how both systems find patients and book."""

from integrations.clinical.gp_connect.client import GpConnect

__all__ = ["GpConnect"]
