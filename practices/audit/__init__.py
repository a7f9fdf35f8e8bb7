"""The audit trail: who did what, in which words, and the chain of seals over it."""
