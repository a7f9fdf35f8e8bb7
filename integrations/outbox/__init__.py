"""Durable rows of what must leave: claimed, sent, settled, swept."""
