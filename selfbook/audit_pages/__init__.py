"""The pages on which managers search the audit trail. They are here because they look into every room."""
