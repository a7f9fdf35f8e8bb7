"""After a restore: what is due, what had gone, and letting things leave again, for the command and the admin."""
