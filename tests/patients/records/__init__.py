"""Tests of `patients.records`."""
