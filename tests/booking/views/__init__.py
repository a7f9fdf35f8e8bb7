"""Tests of `booking.views`."""
