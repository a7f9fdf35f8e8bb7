"""Reading a SNOMED CT release in Release Format 2 (RF2), for practices that hold the licence for its content."""
