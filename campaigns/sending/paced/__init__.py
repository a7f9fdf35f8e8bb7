"""A batch that invites as appointments last: what is known of it, its decisions and their waves, and staff's hands.

Every decision is one row and, where somebody is invited, one wave of exactly so many, in one transaction under the
batch's lock and its practice's. How many that are is for `campaigns.pacing` alone to say.
"""
