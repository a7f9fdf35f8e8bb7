"""Tests of `campaigns.drafts`."""
