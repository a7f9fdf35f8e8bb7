"""Tests of `campaigns.models`."""
