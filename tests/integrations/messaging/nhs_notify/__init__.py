"""Tests of `integrations.messaging.nhs_notify`."""
