"""Measures what docs/performance.md promises: `python -m bench`, or `make bench`.

Figures of one machine at one time mean little, so each of ours is measured beside yardsticks, in turns, and what
counts is the ratio.
"""
