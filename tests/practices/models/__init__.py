"""Tests of `practices.models`."""
