"""Tests of `selfbook.information`."""
