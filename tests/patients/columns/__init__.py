"""Tests of `patients.columns`."""
