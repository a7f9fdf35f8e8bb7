"""Tests of `booking.workers`."""
