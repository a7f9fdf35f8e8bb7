"""A stand-in for NHS Notify."""
