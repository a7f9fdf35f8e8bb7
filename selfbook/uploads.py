"""Bodies that are too big are refused before anything of them is kept."""

from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import TemporaryFileUploadHandler

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
