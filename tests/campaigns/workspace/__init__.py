"""Tests of `campaigns.workspace`."""
