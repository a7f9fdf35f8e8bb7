"""Print every setting as the Markdown of docs/settings.md."""

from typing import Any

from django.core.management.base import BaseCommand

from selfbook.settings.variables import VARIABLES


def described() -> str:
    """The text of docs/settings.md: a table with one row for each setting."""
    lines = [
        "# Settings",
        "",
        "Every setting is an environment variable. `make docs` writes this page from",
        "`selfbook/settings/variables.py`; what production refuses is in `selfbook/settings/safety.py`.",
        "",
        "| variable | default | range | what it is for |",
        "|---|---|---|---|",
    ]
    for variable in VARIABLES:
        default = "" if variable.default in ("", []) else f"`{variable.default}`"
        secret = " **Secret.**" if variable.secret else ""
        bounds = "" if variable.least is None else f"{variable.least} to {variable.most}"
        lines.append(f"| `{variable.name}` | {default} | {bounds} | {variable.about}{secret} |")
    return "\n".join(lines)


class Command(BaseCommand):
    """Reads nothing but the declarations."""

    help = "Print every setting with its default and meaning, as Markdown (docs/settings.md)."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the document, for `make docs` to write into its file."""
        self.stdout.write(described())
