"""Patients whom staff should see to, and why."""
