"""Tests of `campaigns.wording`."""
