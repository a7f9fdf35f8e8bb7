"""What a lower room asks of higher rooms, which it may not import: they register their answers when the product starts.

Decision 9 says why; docs/architecture.md lists every hook with who registers.
"""

from collections.abc import Iterator
from typing import Generic, TypeVar

F = TypeVar("F")


class Hook(Generic[F]):
    """The functions of higher rooms that a lower room calls, in the order in which they were registered.

    `F` is the type of such a function, or of a frozen dataclass of several that go together. `name` is the hook's own
    among all hooks, and `contract` says in one line what a registered function may do. Only `apps.py` registers.
    """

    def __init__(self, name: str, contract: str) -> None:
        self.name = name
        self.contract = contract
        self._registered: list[F] = []

    def register(self, function: F) -> None:
        """Have this called from now on. What is registered already, or equals it, is not registered again."""
        if function not in self._registered:
            self._registered.append(function)

    def __iter__(self) -> Iterator[F]:
        return iter(self._registered)

    def __repr__(self) -> str:
        return f"<Hook {self.name}>"
