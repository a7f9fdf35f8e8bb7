"""Tests of `integrations.models`."""
