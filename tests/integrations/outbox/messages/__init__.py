"""Tests of `integrations.outbox.messages`."""
