"""Rules for what is written to patients: what misleads, plain words, and what an appointment is called."""
