"""Logging in: forms, second factors, sessions."""
