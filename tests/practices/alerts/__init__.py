"""Tests of `practices.staff`."""
