"""Sending texts, beside other ways to send them."""
