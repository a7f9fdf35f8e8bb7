"""Twilio: texts, their delivery receipts, and its error codes."""
