"""What PostgreSQL must give the processes of this product: room for their connections, and commits that last."""
