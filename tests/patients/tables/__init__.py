"""Tests of `patients.tables`."""
