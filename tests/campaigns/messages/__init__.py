"""Tests of `campaigns.messages`."""
