"""Tests of `booking.staff`."""
