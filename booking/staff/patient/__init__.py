"""What staff do for one patient: find, answer for them, mend their link."""
