"""A third record system: one module, and a stand-in of its own. Proof that there may be more of them."""
