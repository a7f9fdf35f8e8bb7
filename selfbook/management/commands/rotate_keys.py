"""Move every stored secret to the newest key, and say which keys nothing uses any more (docs/keys.md)."""

import sys
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from integrations.links import RETIRED
from selfbook.keys import secrets
from selfbook.keys.links import keys_of_links
from selfbook.settings.safety import key_faults


class Command(BaseCommand):
    """Safe while the product runs, and to begin again. Exit code 1 where a secret or link has lost its key."""

    help = (
        "Encrypt every stored secret anew with the first of FIELD_ENCRYPTION_KEYS, then say which of these and of "
        "LINK_KEYS are still used. Prints counts and numbers of keys alone."
    )
    requires_system_checks = ()  # it is the remedy of what they find

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Look only, or give up what no key opens."""
        group = parser.add_mutually_exclusive_group()
        group.add_argument("--dry-run", action="store_true", help="change nothing, and say what uses which key")
        group.add_argument(
            "--give-up",
            action="store_true",
            help="also have secrets that no key opens count as never entered, and remove such second factors",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Move, then count. Raises CommandError without usable keys."""
        keys = settings.FIELD_ENCRYPTION_KEYS
        if not keys or key_faults(keys):
            raise CommandError("FIELD_ENCRYPTION_KEYS is empty or holds what is no key: see `manage.py check`.")
        if not options["dry_run"]:
            self.stdout.write(f"{secrets.move_to_newest()} rows moved to key 1, the newest.")
        if options["give_up"]:
            self.stdout.write(f"{secrets.give_up()} rows given up: what was in them is to be entered again.")
        lost = self._say_secrets() + self._say_links()
        if lost:
            sys.exit(1)

    def _say_secrets(self) -> int:
        """Which key opens how many secrets; how many none opens."""
        used, whole = secrets.usage(), Counter[int]()
        self.stdout.write("\nFIELD_ENCRYPTION_KEYS, key 1 is the first and newest:")
        for place in used:
            whole += place.by_key
            opened = ", ".join(f"{count} by key {key}" for key, count in sorted(place.by_key.items()) if key)
            lost = f", {place.unreadable} by none" if place.unreadable else ""
            self.stdout.write(f"  {place.name}: {opened or 'nothing'}{lost}")
        for number in range(2, len(settings.FIELD_ENCRYPTION_KEYS) + 1):
            state = f"still opens {whole[number]}" if whole[number] else "is not used any more: you may take it out"
            self.stdout.write(f"  key {number} {state}")
        return whole[secrets.NO_KEY]

    def _say_links(self) -> int:
        """How many live links each key makes; how many have lost theirs."""
        total, lost = len(settings.LINK_KEYS), 0
        counts = {key.number: key for key in keys_of_links(whole=True)}
        self.stdout.write("\nLINK_KEYS, key 1 is the first and newest:")
        for number in sorted({*range(total), *counts}, reverse=True):
            self.stdout.write(f"  {self._link_key(total - number, counts.get(number))}")
            lost += counts[number].wrong if number in counts else 0
        return lost

    def _link_key(self, place: int, key: Any) -> str:
        retired = place >= 1 and settings.LINK_KEYS[place - 1] == RETIRED
        name = f"key {place}" if place >= 1 else f"a key in front of key 1 ({1 - place} more were there)"
        if key is None:
            if retired or place == 1:
                return f"{name} is retired" if retired else f"{name} makes new links; none is in use yet"
            return f"{name} is not used any more: you may write {RETIRED} in its place"
        lost = f", of which {key.wrong} were made with another key that is missing" if key.wrong else ""
        return f"{name}: {key.live} links in use{lost}"
