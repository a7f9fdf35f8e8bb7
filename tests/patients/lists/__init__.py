"""Tests of `patients.lists`."""
