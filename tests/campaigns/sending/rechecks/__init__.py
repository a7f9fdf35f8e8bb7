"""Patients looked up again just before their invitations, against the stand-in over HTTP."""
