"""SNOMED CT codes that may go with a batch: the catalogue, search, approval, and codes filed by hand."""
