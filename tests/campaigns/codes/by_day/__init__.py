"""Codes filed for many patients at once."""
