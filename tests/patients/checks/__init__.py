"""Tests of `patients.checks`."""
