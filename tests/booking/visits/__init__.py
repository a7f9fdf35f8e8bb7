"""Tests of `booking.visits`."""
