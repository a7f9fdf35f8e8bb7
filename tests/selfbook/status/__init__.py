"""Tests of `selfbook.status`."""
