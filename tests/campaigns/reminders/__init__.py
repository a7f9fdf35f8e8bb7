"""Tests of `campaigns.reminders`."""
