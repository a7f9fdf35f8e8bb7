"""Reminders to patients who have not answered."""
