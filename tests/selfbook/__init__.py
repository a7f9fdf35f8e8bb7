"""What no room owns: who may see which address, logging in, and the admin."""
