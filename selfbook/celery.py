"""The Celery application. Tasks carry ids only; due times live in PostgreSQL, and the sweepers below find them."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "selfbook.settings")

app = Celery("selfbook")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["integrations.outbox", "patients", "campaigns", "booking"])

# What finds work that a crash or a lost hint left behind. Every row it looks for has its due time in PostgreSQL.
app.conf.beat_schedule = {
    "outbox": {"task": "outbox.sweep", "schedule": 10.0},
    "patient lists": {"task": "patients.resume_lists", "schedule": 15.0},
    "half-made batches": {"task": "campaigns.sweep", "schedule": 30.0},
    "bookings": {"task": "booking.sweep", "schedule": 5.0},
}
