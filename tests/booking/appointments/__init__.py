"""Tests of `booking.appointments`."""
