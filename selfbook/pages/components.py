"""Django's forms as the parameters of the NHS.UK components: what templates/components/fields.jinja is made of."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models.fields import BLANK_CHOICE_DASH
from django.forms import BaseForm
from django.forms.boundfield import BoundField
from django.forms.utils import ErrorList

from core.web.readable import REPLACEMENT

Params = dict[str, Any]

# The attributes of a Django widget that mean something to a browser here. Not `maxlength`, which cuts pasted text
# without a word, nor `required`, `placeholder` and `aria-*`, which the design system handles in its own way.
_ATTRIBUTES = ("accept", "autocapitalize")
_DASHES = BLANK_CHOICE_DASH[0][1]
_NOT_IN_HTML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def _first(errors: ErrorList) -> ValidationError | None:
    """A field's first error: one at a time is what people can act on."""
    validation_errors = errors.as_data()
    return validation_errors[0] if validation_errors else None


def wrong_parts(field: BoundField) -> list[str]:
    """Which boxes of a date are wrong: those its error names, or all of them where it names none."""
    error = _first(field.errors)
    if error is None:
        return []
    params = error.params if isinstance(error.params, Mapping) else {}
    return list(params.get("parts", ("day", "month", "year")))


def target(field: BoundField) -> str:
    """The id that an error-summary link goes to: the field, its first choice, or a date's first wrong box."""
    if hasattr(field.field.widget, "parts"):
        return f"{field.auto_id}-{(wrong_parts(field) or ['day'])[0]}"
    return field.auto_id


def summary_items(form: BaseForm) -> list[Params]:
    """Each error of a form with a link to its field. Errors of the form as a whole come first and link to its start."""
    visible = form.visible_fields()
    start = {"href": f"#{target(visible[0])}"} if visible else {}
    whole = [{"text": error, **start} for error in form.non_field_errors()]
    return whole + [{"text": field.errors[0], "href": f"#{target(field)}"} for field in visible if field.errors]


def component(field: BoundField, label: str | None = None, hint: str | None = None, heading: bool = False) -> Params:
    """What every component takes: id, name, label, hint, error, and the widget's attributes for the browser."""
    attrs = field.field.widget.attrs
    params: Params = {
        "id": field.auto_id,
        "idPrefix": field.auto_id,
        "name": field.html_name,
        "label": label_of(field, label, heading),
        "attributes": {key: value for key, value in attrs.items() if key in _ATTRIBUTES or key.startswith("data-")},
    }
    hint = str(field.help_text) if hint is None else hint
    if hint:
        params["hint"] = {"text": hint}
    if field.errors:
        params["errorMessage"] = {"text": field.errors[0]}
    return params | {key: attrs[key] for key in ("autocomplete", "inputmode", "spellcheck") if key in attrs}


def label_of(field: BoundField, label: str | None = None, heading: bool = False) -> Params:
    """A label or legend; as the page's h1 where the page asks one question."""
    text = label or str(field.label)
    return {"text": text, "isPageHeading": True, "size": "l"} if heading else {"text": text}


def typed(field: BoundField) -> str:
    """What the person typed, or the initial value, as the widget writes it; what HTML cannot hold is marked."""
    value = field.field.widget.format_value(field.value())
    return "" if value is None else _NOT_IN_HTML.sub(REPLACEMENT, str(value))


def choice_items(
    field: BoundField,
    hints: Mapping[str, str] | None = None,
    conditional: Mapping[str, str] | None = None,
    blank: bool = False,
) -> Iterator[Params]:
    """The choices of a field, the chosen ones marked. `hints` and `conditional`, which is html, are by value.

    Django's row of dashes for "nothing chosen" is there only if `blank`: radios say it by being empty. An empty choice
    with words of its own, such as "Write your own message", is always there.
    """
    value = field.value()
    chosen = (
        {str(item) for item in value}
        if isinstance(value, list | tuple | set)
        else {"" if value is None else str(value)}
    )
    for key, text in getattr(field.field, "choices", ()):
        name = "" if key is None else str(key)
        if not (name or blank) and str(text) in ("", _DASHES):
            continue
        item: Params = {"value": name, "text": str(text), "checked": name in chosen, "selected": name in chosen}
        if hints and name in hints:
            item["hint"] = {"text": hints[name]}
        if conditional and name in conditional:
            item["conditional"] = {"html": conditional[name]}
        yield item


def date_items(field: BoundField) -> list[Params]:
    """Day, month and year boxes: what was typed in each, whether it is wrong, and what a browser may fill in."""
    values, wrong = field.field.widget.parts(field.value()), wrong_parts(field)
    kind = field.field.widget.attrs.get("autocomplete")
    return [
        {
            "id": f"{field.auto_id}-{part}",
            "name": f"{field.html_name}_{part}",
            "label": part.capitalize(),
            "value": values[part],
            "width": width,
            "autocomplete": f"{kind}-{part}" if kind else "off",
            "error": part in wrong,
        }
        for part, width in (("day", 2), ("month", 2), ("year", 4))
    ]
