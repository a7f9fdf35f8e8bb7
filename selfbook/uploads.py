"""Bodies that are too big are refused before anything of them is kept."""

from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import MemoryFileUploadHandler, TemporaryFileUploadHandler
from django.urls import reverse

_PIECE = 64 * 1024


class BoundedUploadHandler(TemporaryFileUploadHandler):
    """Keeps an upload in a temporary file, unless the whole body is over the limit (lists#too-large).

    Django's own limit leaves files out. A body over it is read to its end and thrown away, since a browser that is
    cut off while it sends shows a broken connection instead of our page; then the request is answered with 413.
    """

    def handle_raw_input(
        self, input_data: IO[bytes], META: dict[str, str], content_length: int, *args: Any, **kwargs: Any
    ) -> None:
        """Raise RequestDataTooBig for a body over the limit."""
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if most is None or content_length <= most:
            return
        left = content_length
        while left > 0 and (piece := input_data.read(min(_PIECE, left))):
            left -= len(piece)
        raise RequestDataTooBig


class SecretUploadHandler(MemoryFileUploadHandler):
    """Keeps what administrators upload in memory: it is keys, which must not lie on a disk even for a moment.

    What is larger than any key goes to the next handler, and is refused by the form.
    """

    def handle_raw_input(
        self, input_data: IO[bytes], META: dict[str, str], content_length: int, *args: Any, **kwargs: Any
    ) -> None:
        """Be in charge of uploads to the admin alone."""
        super().handle_raw_input(input_data, META, content_length, *args, **kwargs)
        is_admin = self.request is not None and self.request.path.startswith(reverse("admin:index"))
        self.activated = self.activated and is_admin
