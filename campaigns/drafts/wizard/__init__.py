"""The steps by which staff make a batch, each at its own address."""
