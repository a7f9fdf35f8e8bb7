"""How much there is of everything made up."""

PATIENTS = 500
"""Patients of each practice."""

WEEKS = 12
"""How far ahead the appointment books are filled."""
