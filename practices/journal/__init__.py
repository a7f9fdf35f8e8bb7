"""The journal of erasures and opt-outs that outlives a restored dump, and the digests that it is written in."""
