"""PostgreSQL and Redis from wheels, for the demo, development and tests. Production brings its own."""
