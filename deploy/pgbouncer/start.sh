#!/bin/sh
# Write the one user's password where PgBouncer reads it, in memory only, and become PgBouncer.
set -eu
umask 077
printf '"selfbook_app" "%s"\n' "${APP_ROLE_PASSWORD:?set it in .env}" > /tmp/userlist.txt
unset APP_ROLE_PASSWORD
exec pgbouncer /etc/pgbouncer/pgbouncer.ini
