"""The project: settings, addresses, the Celery application, the embedded services, the demo."""

from selfbook.celery import app as celery_app

# Made here so that every process, web too, queues its hints with this application's broker.
__all__ = ["celery_app"]
