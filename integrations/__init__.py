"""Everything outside the walls: clinical systems, message channels, the outbox, receipts, the sandbox."""
