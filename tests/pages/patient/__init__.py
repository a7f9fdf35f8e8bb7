"""Patients' pages in a real browser."""
