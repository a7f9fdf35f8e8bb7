"""Patients who press at the same moment: real requests to a real server, on real PostgreSQL.

Each race is run twice. With the guard off it must do the harm that the guard is there for, or the test would prove
nothing; with the guard on it must not.
"""
