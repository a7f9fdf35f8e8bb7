"""Filling a clinic: the product's own decisions beside the ways in which batches are usually invited."""
