"""What single cells say: NHS numbers, dates of birth, consent, and how each was corrected."""
