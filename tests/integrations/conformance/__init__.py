"""Trying gateways: the stand-in, and wrong ones."""
