"""A stand-in for Twilio."""
