"""Batches that invite as appointments last."""
