"""Tests of `selfbook.reconciling`."""
