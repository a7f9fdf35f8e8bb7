"""Patients' names: how they are spelled, what to greet with, and marks that hold a record back."""
