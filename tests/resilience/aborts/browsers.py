"""Browsers that talk to one and the same running web application."""

from functools import cache

from django.test import Client
from django.test.client import ClientHandler


@cache
def _application() -> ClientHandler:
    """Each client would load its own: every time, all static files are looked through."""
    handler = ClientHandler(enforce_csrf_checks=False)
    handler.load_middleware()
    return handler


def browser() -> Client:
    """A fresh browser, without cookies."""
    client = Client()
    client.handler = _application()
    return client
