"""Files that staff upload: CSV and Excel workbooks, as a stream of rows; and what a file should look like."""
