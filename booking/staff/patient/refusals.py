"""Saying no to staff politely: what they asked for cannot be done, for a reason that they can act on."""


class CannotDo(Exception):
    """It cannot be done now; `sentence` says why, for staff. It names nobody."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
