"""Tests of `booking.slots`."""
