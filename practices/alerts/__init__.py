"""Emails to a practice's managers about what needs a person today."""
