"""Booking, beside a site as it is usually begun, and what it would take at most."""
