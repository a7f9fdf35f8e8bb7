"""deploy/: what can be run here is run (the proxy, PgBouncer, the scripts), the rest is read.

No container can be started by a test. So compose and Kubernetes are held to their schemas and to what must never
slip, and docs/operating.md to the commands, services and settings that there are.
"""
