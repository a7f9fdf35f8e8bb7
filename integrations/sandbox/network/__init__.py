"""What lies between us and outside systems: a certificate authority, mutual TLS, a proxy on the way out."""
