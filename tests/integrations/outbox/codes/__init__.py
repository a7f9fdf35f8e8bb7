"""Tests of `integrations.outbox.codes`."""
