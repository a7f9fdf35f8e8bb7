"""Tests of `patients.names`."""
