"""The yardstick of a booking site as it is usually begun: Django as `startproject` makes it, the ORM, its templates.

It is as right as it needs to be to be compared: a slot goes to one patient. It has no links, dates of birth, holds,
clinical system, texts or audit trail.
"""
