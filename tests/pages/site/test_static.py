"""Building the static files."""

import shutil
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import Settings

from selfbook.management.commands import build_static
from selfbook.pages.staticfiles import HashedStaticFilesStorage

CSS = (
    '@font-face{font-family:Frutiger W01;src:url(https://assets.nhs.uk/a.woff2) format("woff2")}'
    "a{background:url(/assets/images/x.svg)}b{background:url('/assets/images/y.svg')}\n"
    "/*# sourceMappingURL=nhsuk-frontend.min.css.map */\n"
)


def test_the_stylesheet_is_made_ours() -> None:
    css = build_static.adapted_css(CSS, frutiger=False)
    assert css.strip() == "a{background:url(assets/images/x.svg)}b{background:url('assets/images/y.svg')}"


def test_a_registered_practice_may_have_the_typeface() -> None:
    assert "assets.nhs.uk" in build_static.adapted_css(CSS, frutiger=True)


@pytest.fixture
def built(tmp_path: Path, settings: Settings) -> Path:
    """A checkout whose last build was of what is in it now."""
    shutil.copy(settings.BASE_DIR / "package-lock.json", tmp_path)
    settings.BASE_DIR = tmp_path
    (tmp_path / "build" / "staticfiles").mkdir(parents=True)
    (tmp_path / "build" / "static.stamp").write_text(build_static.fingerprint())
    return tmp_path


def test_a_second_build_does_nothing(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("build_static")
    assert capsys.readouterr().out == "Static files are up to date.\n"


def test_it_builds_again_for_another_version_or_typeface(built: Path, settings: Settings) -> None:
    before = build_static.fingerprint()
    settings.NHS_IDENTITY = True
    assert build_static.fingerprint() != before
    settings.NHS_IDENTITY = False
    (built / "package-lock.json").write_text("{}")
    assert build_static.fingerprint() != before


def test_the_official_icons_are_where_the_stylesheet_looks(tmp_path: Path) -> None:
    source = tmp_path / "dist"
    (source / "assets" / "images").mkdir(parents=True)
    (source / "assets" / "images" / "x.svg").write_text("<svg/>")
    (source / "nhsuk-frontend.min.css").write_text(CSS)
    (source / "nhsuk-frontend.min.js").write_text("export{a};\n//# sourceMappingURL=x.js.map\n")
    target = tmp_path / "vendor" / "nhsuk"
    build_static.vendor(source, target, frutiger=False)
    build_static.vendor(source, target, frutiger=False)
    assert (target / "assets" / "images" / "x.svg").exists()
    assert (target / "nhsuk-frontend.min.js").read_text().strip() == "export{a};"


def test_a_lock_file_that_npm_cannot_use_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"name": "x", "dependencies": {"nhsuk-frontend": "10.6.1"}}')
    with pytest.raises(CommandError, match="npm could not install the NHS design system"):
        build_static.fetch(tmp_path)


def test_without_a_build_the_remedy_is_named(tmp_path: Path) -> None:
    storage = HashedStaticFilesStorage(location=str(tmp_path), base_url="/static/")
    with pytest.raises(ImproperlyConfigured, match="make static"):
        storage.stored_name("css/app.css")
