"""Tests of `campaigns.sending`."""
