"""The staff's pages about one patient: thin, each keeping to the practice whose staff asks."""
