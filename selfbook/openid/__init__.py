"""Logging in through an OpenID Connect provider, such as NHS CIS2: off unless OPENID_SERVER names one."""
