"""The WSGI application that the web server runs."""

from django.core.wsgi import get_wsgi_application

from selfbook.monitoring import tracing

# Before the application is made: a page's span begins in a middleware.
tracing.start("web")
application = get_wsgi_application()

from selfbook.database.pool import look_before_use  # noqa: E402 - the models are there only now
from selfbook.start import refuse_bad_start  # noqa: E402

look_before_use()
refuse_bad_start()
