"""`manage.py grant_app_role`: make the database's role that runs the product, and give it what it needs."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, transaction

from practices.audit import database_roles


class Command(BaseCommand):
    """Run it as the owner of the tables, after each `migrate`. It may be run again at any time."""

    help = (
        "Make the role that runs the product, or give it the rights to new tables. APP_ROLE_PASSWORD is its password."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The role's name."""
        parser.add_argument(
            "role", nargs="?", default="selfbook_app", help="the role's name; selfbook_app if not given"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do all of it or nothing. Raises CommandError with what the owner may not do."""
        role = options["role"]
        try:
            with transaction.atomic():
                database_roles.grant(role, settings.APP_ROLE_PASSWORD)
        except ValueError:
            raise CommandError(f"{role} owns the tables. Name another role for running the product.") from None
        except DatabaseError as error:
            raise CommandError(
                f"PostgreSQL refused it ({type(error).__name__}). Run it as the tables' owner. Where that may make no "
                f"roles, have an administrator of the database make {role} first, without rights of its own."
            ) from None
        self.stdout.write(f"{role} runs the product, and owns nothing.")
