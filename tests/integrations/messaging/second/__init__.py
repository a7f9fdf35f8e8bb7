"""A second provider of texts: one module, and a stand-in of its own. Proof that there may be more of them."""
