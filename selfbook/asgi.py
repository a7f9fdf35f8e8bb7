"""The application that the web server runs: Django's WSGI application behind `serving.request_bodies`.

The pages are ordinary Django, a thread for each while it is made. A thread has the whole body when it begins, and ends
when the page is made: neither who sends slowly nor who reads slowly holds one.
"""

from django.conf import settings

from selfbook.serving.answers import WholeAnswers
from selfbook.serving.request_bodies import BodiesFirst, Limits
from selfbook.wsgi import application as pages

THREADS = 8
"""Pages made at once by one process. No more than its connections to PostgreSQL (DATABASE_POOL_MAX)."""

application = BodiesFirst(WholeAnswers(pages, THREADS), Limits(most_bytes=settings.DATA_UPLOAD_MAX_MEMORY_SIZE))
