"""Tests of `campaigns.codes`."""
