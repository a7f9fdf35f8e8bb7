"""Clinics that a practice has to cancel: everybody who booked into one hears of it, by one text or by phone."""
