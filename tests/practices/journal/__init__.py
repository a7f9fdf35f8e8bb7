"""The journal that outlives a restored dump."""
