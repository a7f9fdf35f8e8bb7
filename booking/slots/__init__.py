"""Free times: what the clinical system offers, and whether it can be reached."""
