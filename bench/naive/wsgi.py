"""How a server runs the usual site."""

import os

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.naive.settings"
application = get_wsgi_application()
