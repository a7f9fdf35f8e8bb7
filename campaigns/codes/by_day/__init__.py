"""Codes that staff file for many patients at once: a list by code and day, and what was filed of it."""
