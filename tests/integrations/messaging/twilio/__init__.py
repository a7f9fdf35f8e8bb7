"""Tests of `integrations.messaging.twilio`."""
