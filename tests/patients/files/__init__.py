"""Tests of `patients.files`."""
