"""What must come out of each file in `corpus`."""

from tests.patients.manifest.refused import REFUSED
from tests.patients.manifest.rows import ROWS
from tests.patients.manifest.texts import TEXTS
from tests.patients.manifest.workbooks import WORKBOOKS

__all__ = ["READ", "REFUSED"]

READ = (*TEXTS, *ROWS, *WORKBOOKS)
