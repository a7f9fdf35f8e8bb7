"""What came of batches: figures of one, of a programme, of a month, drawn and as files."""
