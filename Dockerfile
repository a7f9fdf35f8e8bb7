# The production image: one image, run as web, worker or beat (docker-compose.yml).
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /srv/selfbook
# requirements-tracing.txt has what traces need as well (docs/monitoring.md).
ARG REQUIREMENTS=requirements.txt
COPY requirements.txt requirements-tracing.txt requirements-dev.txt ./
RUN python -m venv /opt/selfbook \
 && /opt/selfbook/bin/pip install --no-cache-dir --require-hashes --requirement $REQUIREMENTS
# Static files need npm once; it stays in this stage, and so do the embedded engines.
RUN python -m venv /opt/build \
 && /opt/build/bin/pip install --no-cache-dir --require-hashes --requirement requirements-dev.txt
COPY . .
RUN SELFBOOK_ENV=development SECRET_KEY=only-for-building /opt/build/bin/python manage.py build_static \
 && rm -rf node_modules tests bench docs integrations/sandbox selfbook/demo selfbook/rehearsal selfbook/embedded \
      selfbook/management/commands/demo.py selfbook/management/commands/rehearse.py \
      selfbook/management/commands/run_robots.py selfbook/management/commands/seed_demo.py

FROM python:3.11-slim-bookworm
ENV PATH=/opt/selfbook/bin:$PATH PYTHONUNBUFFERED=1 DJANGO_SETTINGS_MODULE=selfbook.settings PROMETHEUS_MULTIPROC_DIR=/tmp/selfbook-metrics
RUN useradd --system --uid 10001 --no-create-home selfbook
WORKDIR /srv/selfbook
COPY --from=build /opt/selfbook /opt/selfbook
COPY --from=build /srv/selfbook /srv/selfbook
USER selfbook
EXPOSE 8000
# Connections that say nothing cost little, so many are borne, and none for long; selfbook/request_bodies.py has the rest.
CMD ["granian", "--interface", "asginl", "--http", "1", "--workers", "2", "--no-access-log", "--log-config", "selfbook/settings/granian_log.json", "--backlog", "4096", "--backpressure", "2048", "--http1-header-read-timeout", "5000", "--host", "0.0.0.0", "--port", "8000", "selfbook.asgi:application"]
