"""Delivery receipts in: verified, then kept."""
