"""Adapters and stand-ins against oracles that are not ours (docs/conformance.md): `make conformance`.

Its files begin with `conform_`, so that the other tests, and the machines that run them, need none of its packages.
"""
