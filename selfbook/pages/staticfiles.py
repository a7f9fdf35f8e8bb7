"""Static files with a hash of their content in their names, so that browsers may keep them for good."""

from django.core.exceptions import ImproperlyConfigured
from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc] # whitenoise has no types
    """Hashed and compressed files, with the imports between our JavaScript modules rewritten to the hashed names."""

    support_js_module_import_aggregation = True

    def stored_name(self, name: str) -> str:
        """The hashed name of a file. Raises ImproperlyConfigured, with the remedy, where nothing has been collected."""
        if not self.hashed_files:
            raise ImproperlyConfigured("The static files have not been built. Run `make static` and start again.")
        stored: str = super().stored_name(name)
        return stored
