# The production image: one image, built once, run as web, worker, beat or job (deploy/compose.yml, deploy/kubernetes).
#   docker build --build-arg VERSION=0.2.0 --build-arg REVISION="$(git rev-parse HEAD)" --tag selfbook:0.2.0 .
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /srv/selfbook
# requirements-tracing.txt has what traces need as well (docs/monitoring.md).
ARG REQUIREMENTS=requirements.txt
COPY requirements.txt requirements-tracing.txt requirements-dev.txt ./
# What installs goes again once it has: nothing can be added to what runs.
RUN python -m venv /opt/selfbook \
 && /opt/selfbook/bin/pip install --no-cache-dir --require-hashes --requirement $REQUIREMENTS \
 && /opt/selfbook/bin/pip uninstall --yes setuptools pip
# Static files need npm once; it stays in this stage, and so do the embedded engines.
RUN python -m venv /opt/build \
 && /opt/build/bin/pip install --no-cache-dir --require-hashes --requirement requirements-dev.txt
COPY . .
RUN SELFBOOK_ENV=development SECRET_KEY=only-for-building /opt/build/bin/python manage.py build_static \
 && rm -rf node_modules tests bench docs deploy integrations/sandbox selfbook/demo selfbook/rehearsal selfbook/embedded \
      selfbook/management/commands/demo.py selfbook/management/commands/rehearse.py \
      selfbook/management/commands/run_robots.py selfbook/management/commands/seed_demo.py

# Made-up clinical systems and phones, for a staging machine (docs/operating.md, "Staging"). Never beside real patients:
# with SELFBOOK_ENV=production it does not start.
FROM python:3.11-slim-bookworm AS sandbox
ENV PYTHONUNBUFFERED=1
RUN useradd --system --uid 10001 --no-create-home selfbook
WORKDIR /srv/selfbook
COPY --from=build /opt/build /opt/build
COPY . .
USER selfbook
CMD ["/opt/build/bin/python", "-m", "integrations.sandbox", "--store", "/tmp/sandbox.sqlite3"]

FROM python:3.11-slim-bookworm
ARG VERSION=0.2.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Selfbook" \
      org.opencontainers.image.description="Patients book their own appointment by a link in a text" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV PATH=/opt/selfbook/bin:$PATH PYTHONUNBUFFERED=1 DJANGO_SETTINGS_MODULE=selfbook.settings PROMETHEUS_MULTIPROC_DIR=/tmp/selfbook-metrics
# No program here installs another. The folder is for the stamp by which a restored database is known (STAMP_FILE).
RUN python -m pip uninstall --yes --quiet --root-user-action=ignore setuptools wheel pip \
 && useradd --system --uid 10001 --no-create-home selfbook \
 && install --directory --owner selfbook --mode 700 /var/lib/selfbook
WORKDIR /srv/selfbook
COPY --from=build /opt/selfbook /opt/selfbook
COPY --from=build /srv/selfbook /srv/selfbook
USER 10001
EXPOSE 8000
# Connections that say nothing cost little, so many are borne, and none for long; selfbook/serving/request_bodies.py has the rest.
CMD ["granian", "--interface", "asginl", "--http", "1", "--workers", "2", "--no-access-log", "--log-config", "selfbook/settings/granian_log.json", "--backlog", "4096", "--backpressure", "2048", "--http1-header-read-timeout", "5000", "--host", "0.0.0.0", "--port", "8000", "selfbook.asgi:application"]
