"""Tests of `campaigns.results`."""
