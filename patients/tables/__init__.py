"""Tables of cells, whatever file they came in: headings, patients' rows, other rows, columns that are not read."""
