"""Tests of `patients.values`."""
