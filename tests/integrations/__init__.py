"""The room integrations: adapters, channels, the outbox, webhooks and the stand-ins."""
