"""Tests of `booking.clinics`."""
