"""Listens to what a list says in columns that are not read, so that nothing against a text is passed over.

A column whose heading speaks of consent, refusal, contact, death or leaving is asked about value by value. In any other
column only the cells that speak of these are. Staff answer who of them is left out; until then nobody is texted. What
counts as speaking of it is in `word_lists.toml`: it asks too often rather than too seldom.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from operator import itemgetter

from integrations.clinical.registry import profile_of
from patients.columns.known import FROM_THE_RECORD, Column, FoundColumn, key_of, known_column, readable
from patients.columns.word_lists import VOCABULARY, folded, pattern, split_heading
from patients.tables import faults
from patients.tables.headers import Header
from patients.values.contact_rules import says_nothing_of_consent, without_dates

MOST_VALUES = 20
"""Different values of a column that staff are asked about one by one. What is alike but for a date is one value."""

MOST_COLUMNS = 500
"""Columns with something in them; no list of patients has as many."""

MOST_QUESTIONS = 300
"""Answers that staff can be asked for about one list."""

_LONGEST_SHOWN = 100
_MOST_REMEMBERED, _LONGEST_REMEMBERED = 1024, 500


class Topic(StrEnum):
    """What a column, or a cell, speaks of."""

    DEATH = "death"
    LEFT = "left"
    TEXTS = "texts"
    CARE = "care"


class Kind(StrEnum):
    """What a question is about: one value, empty cells, all values that are left, or too many that speak of it."""

    VALUE = "value"
    EMPTY = "empty"
    OTHERS = "others"
    TOO_MANY = "too_many"


@dataclass(slots=True)
class Question:
    """One thing that a list says and that staff must answer about; `number` is its place among the list's, from 1.

    `text` is what stands in the first such cell, `speaks` whether its words are against a text by themselves. Nobody is
    asked about Kind.TOO_MANY: those rows are left out.
    """

    number: int
    key: str
    header: str
    position: int
    topic: Topic
    kind: Kind
    text: str
    speaks: bool
    rows: int = 0


Mark = tuple[Question, str]
"""What a row says that is asked about: the question, and the cell as it was written."""

_ASK = VOCABULARY["ask"]
_PARTS = {part: Topic(topic) for topic, parts in _ASK["parts"].items() for part in parts}
_TERMS = {word: Topic(topic) for topic, terms in _ASK["words"].items() for word in terms}
_WHOLE = {key_of(heading): Topic(topic) for topic, headings in _ASK["whole"].items() for heading in headings}
_HARMLESS = frozenset(map(key_of, _ASK["harmless"]["headings"]))
_IN_CELLS = [(Topic(topic), pattern(phrases)) for topic, phrases in _ASK["cells"].items()]
_WHOLE_CELLS = {folded(cell): Topic(topic) for topic, cells in _ASK["whole_cells"].items() for cell in cells}
_ANY_WORD = re.compile(r"[^\W\d_]|[†✝]")
_REFUSING = re.compile("|".join(VOCABULARY["ask"]["refusing_parts"]))


def topic_of_heading(heading: str) -> Topic | None:
    """What an unknown heading speaks of, or None."""
    key = key_of(heading)
    if key in _HARMLESS or key in _WHOLE:
        return _WHOLE.get(key)
    topics = (topic for part, topic in _PARTS.items() if part in key)
    return next(topics, None) or next((_TERMS[word] for word in split_heading(heading) if word in _TERMS), None)


def topic_of_cell(written: str) -> Topic | None:
    """What a cell speaks of, or None."""
    if not _ANY_WORD.search(written):
        return None
    text = folded(written)
    if text in _WHOLE_CELLS:
        return _WHOLE_CELLS[text]
    return next((topic for topic, phrases in _IN_CELLS if phrases.search(text)), None)


class Questions:
    """The questions of a whole list, in the order in which they came up."""

    def __init__(self) -> None:
        """None has come up yet."""
        self.all: list[Question] = []

    def add(self, column: "_Watched", kind: Kind, *, topic: Topic, text: str = "", speaks: bool = False) -> Question:
        """A new question about a column. Raises FileFault when there are too many to answer."""
        if len(self.all) >= MOST_QUESTIONS:
            raise faults.too_many_questions(MOST_QUESTIONS)
        shown = text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"
        made = Question(
            len(self.all) + 1, column.key, column.header, column.position, topic, kind, readable(shown), speaks
        )
        self.all.append(made)
        return made


@dataclass(slots=True)
class _Watched:
    """One column that is listened to. `topic`: what its heading speaks of, so that all of its cells are asked about.

    `is_read`: it is read as well, and listened to for more; `is_ours`: one of our own downloads added it.
    """

    key: str
    header: str
    position: int
    questions: Questions
    topic: Topic | None = None
    asks_empty: bool = False
    is_consent: bool = False
    is_read: bool = False
    is_ours: bool = False
    first_value: str = ""
    values: dict[str, Question] = field(default_factory=dict)
    count: dict[bool, int] = field(default_factory=lambda: {False: 0, True: 0})

    def hear(self, cell: str) -> Question | None:
        """The question that a cell comes under, if any."""
        text = cell.strip()
        if text and not self.first_value:
            self.first_value = readable(text[:_LONGEST_SHOWN])
        if self.is_ours:
            return None
        if self.is_consent:
            return self._value(text, Topic.TEXTS, speaks=False) if says_nothing_of_consent(text) else None
        topic = topic_of_cell(text)
        if self.topic is None:
            return self._value(text, topic, speaks=True) if topic else None
        if text or self.asks_empty:
            return self._value(text, topic or self.topic, speaks=topic is not None)
        return None

    def _value(self, text: str, topic: Topic, *, speaks: bool) -> Question:
        alike = without_dates(folded(text)) or (" " if folded(text) else text.strip())
        if (known := self.values.get(alike)) is not None:
            return known
        if self.count[speaks] < MOST_VALUES or not text:
            self.count[speaks] += 1
            kind = Kind.VALUE if text else Kind.EMPTY
            made = self.values[alike] = self.questions.add(self, kind, topic=topic, text=text, speaks=speaks)
            return made
        kind = Kind.TOO_MANY if speaks else Kind.OTHERS
        rest = f"\0{kind}"
        if rest not in self.values:
            self.values[rest] = self.questions.add(self, kind, topic=topic, text=text, speaks=speaks)
        return self.values[rest]


@dataclass(frozen=True, slots=True)
class UnreadColumn:
    """A column that is not read: its heading as written, its place from 0, and the first thing that stands in it.

    `known` is what it would be if another column were not taken for it.
    """

    header: str
    position: int
    first_value: str
    known: Column | None
    key: str


class Listener:
    """Listens to the rows below one row of headings.

    Most rows say what an earlier row said, so what comes out for some cells is remembered.
    """

    def __init__(
        self,
        header: Header,
        columns: Sequence[FoundColumn],
        system: str,
        questions: Questions,
        *,
        is_first: bool = True,
    ) -> None:
        """`columns` are those that are read. Raises FileFault when there are more columns than any list has."""
        self._questions, from_record = questions, profile_of(system).details_from_record
        self._suffix = "" if is_first else f"_{header.row}"
        self._width = len(header.cells)
        read = {column.position: column for column in columns}
        ours, listen_only = _of_our_downloads(header.cells)
        self._heard: dict[int, _Watched] = {}
        for position, heading in enumerate(header.cells):
            if position not in read:
                self._heard[position] = self._unread(position, heading, ask=position not in (*ours, *listen_only))
                self._heard[position].is_ours = position in ours
            elif (column := read[position]).column is Column.TEXT_CONSENT:
                self._heard[position] = self._listened(column, is_consent=True)
            elif column.column is Column.GENDER or (
                from_record and column.column in (*FROM_THE_RECORD, Column.DATE_OF_BIRTH)
            ):
                self._heard[position] = self._listened(column)
        if sum(bool(heading.strip()) for heading in header.cells) > MOST_COLUMNS:
            raise faults.too_many_columns(MOST_COLUMNS)
        self._all = list(self._heard.values())
        self.hear: Callable[[Sequence[str]], tuple[Mark, ...]] = self._hearer()

    @property
    def unread(self) -> list[UnreadColumn]:
        """The columns that are not read and have a heading or anything in them, in their order."""
        columns = sorted(self._heard.values(), key=lambda column: column.position)
        return [
            UnreadColumn(column.header, column.position, column.first_value, known_column(column.header), column.key)
            for column in columns
            if not column.is_read and (column.header or column.first_value)
        ]

    def beyond(self, cells: Sequence[str]) -> tuple[Mark, ...]:
        """What a row says to the right of the last heading, in a file whose cells have fixed places."""
        marks = []
        for position in range(self._width, len(cells)):
            if not cells[position].strip():
                continue
            if position not in self._heard:
                self._heard[position] = self._unread(position, "", ask=False)
                if len(self._heard) > MOST_COLUMNS + self._width:
                    raise faults.too_many_columns(MOST_COLUMNS)
            if question := self._heard[position].hear(cells[position]):
                marks.append((question, cells[position].strip()))
        return tuple(marks)

    def only_counts(self, position: int) -> bool:
        """Whether a column that is not read has nothing in it so far, or a count of 1."""
        column = self._heard.get(position)
        return column is not None and not column.is_read and column.first_value in ("", "1")

    def _hearer(self) -> Callable[[Sequence[str]], tuple[Mark, ...]]:
        """What gives the marks of a row, by the whole of its cells."""
        if not self._all:
            return lambda cells: ()
        pick: Callable[[Sequence[str]], str | tuple[str, ...]] = itemgetter(*(column.position for column in self._all))
        known: dict[str | tuple[str, ...], tuple[Mark, ...]] = {}

        def hear(cells: Sequence[str]) -> tuple[Mark, ...]:
            picked = pick(cells)
            marks = known.get(picked)
            if marks is None:
                marks = self._examine((picked,) if isinstance(picked, str) else picked)
                if len(known) < _MOST_REMEMBERED and sum(map(len, picked)) < _LONGEST_REMEMBERED:
                    known[picked] = marks
            return marks

        return hear

    def _examine(self, picked: tuple[str, ...]) -> tuple[Mark, ...]:
        answers = ((column.hear(cell), cell.strip()) for column, cell in zip(self._all, picked, strict=True))
        return tuple((question, text) for question, text in answers if question is not None)

    def _unread(self, position: int, heading: str, *, ask: bool) -> _Watched:
        header = readable(heading[:_LONGEST_SHOWN])
        made = _Watched(f"unread_{position}{self._suffix}", header, position, self._questions)
        if ask and header and known_column(heading) is None:
            made.topic = topic_of_heading(heading)
            made.asks_empty = made.topic is Topic.TEXTS and not _REFUSING.search(key_of(heading))
        return made

    def _listened(self, column: FoundColumn, *, is_consent: bool = False) -> _Watched:
        return _Watched(
            column.key, column.header, column.position, self._questions, is_consent=is_consent, is_read=True
        )


def _of_our_downloads(headings: Sequence[str]) -> tuple[set[int], set[int]]:
    """The places of columns that one of our own downloads added: those to pass over, and those only to listen to."""
    places = {key_of(heading): position for position, heading in enumerate(headings) if heading.strip()}
    ours: set[int] = set()
    listen_only: set[int] = set()
    for download in VOCABULARY["downloads"]:
        if places.keys() >= set(map(key_of, download["headings"])):
            ours |= {places[key_of(heading)] for heading in download["ours"]}
            listen_only |= {places[key_of(heading)] for heading in download["told"]}
    return ours, listen_only
