"""Tests of `campaigns.sequences`."""
