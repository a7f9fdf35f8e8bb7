"""Tests of `practices.holds`."""
