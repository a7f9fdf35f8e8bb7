"""The WSGI application that the web server runs."""

from django.core.wsgi import get_wsgi_application

from selfbook import role_check

application = get_wsgi_application()
role_check.guard()
