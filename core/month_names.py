"""The month that a name means, in English and in the languages that patients and staff are likely to write.

Other languages' names are Django's own, so none is written down here: https://docs.djangoproject.com/en/5.2/topics/i18n/
"""

import gettext
import unicodedata
from calendar import month_name
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

import django

# Wherever we run: these names follow a locale only where a program calls setlocale, as none here does.
_ENGLISH = tuple(month_name)[1:]

_LANGUAGES = (
    *("cy", "ga", "gd"),
    *("pl", "ro", "pt", "es", "fr", "it", "de", "lt", "lv", "nl", "hu", "sk", "cs", "bg", "uk", "ru", "sq", "tr", "el"),
    *("sv", "da", "nb", "ca"),
    *("ar", "fa", "ur", "hi", "pa", "bn", "ta", "te"),
)
"""As Django names them.

Not Croatian: its listopad is October, and that of Polish, which far more patients speak, is November.
"""

_LOCALES = Path(django.__file__).parent / "conf" / "locale"

_WITHOUT_A_PLAIN_FORM = str.maketrans({"ł": "l", "\u0131": "i", "ø": "o", "đ": "d"})

SHORTEST = 3
"""Letters: with fewer, the beginnings of different months are the same."""

_NEAR = 0.75
"""How like a month's English name a word is that is taken for it: `febuary` is, `marmalade` is not."""
_NEAR_ELSEWHERE = 0.85
"""The same among all other languages, where names of different months are more like one another."""


def month_named(name: str) -> int | None:
    """The month of a name, 1 to 12, however it is accented, cut off or misspelt; None where it may be several or none.

    English comes first: `mar` is March, though it begins a November in Finnish.
    """
    word = _folded(name)
    if not word:
        return None
    return (
        _pick_month(number for number, month in _english() if len(word) >= SHORTEST and month.startswith(word))
        or _pick_month(_elsewhere().get(word, ()))
        or _pick_month(number for number, month in _english() if month[:3] == word[:3] and _is_near(word, month, _NEAR))
        or _nearly_elsewhere(word)
    )


def _pick_month(numbers: Iterable[int]) -> int | None:
    """The month that all of these are; None where there are none, or different ones."""
    months = set(numbers)
    return months.pop() if len(months) == 1 else None


def _is_near(word: str, month: str, least: float) -> bool:
    return SequenceMatcher(None, word, month).ratio() >= least


def _nearly_elsewhere(word: str) -> int | None:
    """The month whose name a word begins, or else nearly is, in other languages."""
    if len(word) < SHORTEST:
        return None
    begun = {number for name, numbers in _elsewhere().items() if name.startswith(word) for number in numbers}
    if begun:
        return _pick_month(begun)
    return _pick_month(
        number
        for name, numbers in _elsewhere().items()
        if abs(len(name) - len(word)) <= 2 and _is_near(word, name, _NEAR_ELSEWHERE)
        for number in numbers
    )


@cache
def _english() -> tuple[tuple[int, str], ...]:
    return tuple((number, name.lower()) for number, name in enumerate(_ENGLISH, start=1))


@cache
def _elsewhere() -> dict[str, frozenset[int]]:
    """The names in other languages, folded, with the months that they mean: read once, when first needed."""
    by_name: dict[str, set[int]] = {}
    for language in _LANGUAGES:
        catalogue = gettext.translation("django", _LOCALES, [language], fallback=True)
        for number, english in enumerate(_ENGLISH, start=1):
            for form in _forms(catalogue, english):
                by_name.setdefault(form, set()).add(number)
    return {form: frozenset(numbers) for form, numbers in by_name.items()}


def _forms(catalogue: gettext.NullTranslations, english: str) -> Iterator[str]:
    """Every way to write a month in one language: alone, in a date, without words that lead up to it, and short.

    A short form that its name begins with is left out: it is found as any other beginning is, unless another month
    begins so too (the French jui).
    """
    names = {catalogue.gettext(english), catalogue.pgettext("alt. month", english)}
    whole = {_folded(form) for name in names for form in (name, name.replace("-", " ").split()[-1])}
    short = {_folded(catalogue.pgettext("abbrev. month", english)), _folded(catalogue.gettext(english[:3].lower()))}
    yield from whole
    yield from (form for form in short if not any(name.startswith(form) for name in whole))


def _folded(name: str) -> str:
    """A name in small letters without accents, spaces and signs. The vowel signs of other scripts stay."""
    plain = unicodedata.normalize("NFKD", name.casefold().translate(_WITHOUT_A_PLAIN_FORM))
    letters = (
        character
        for character in plain
        if unicodedata.category(character)[0] in "LM" and not unicodedata.combining(character)
    )
    return "".join(letters)
