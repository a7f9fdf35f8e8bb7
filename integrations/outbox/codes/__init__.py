"""Coded entries on their way into the record."""
