"""The Jinja2 environment that every page of ours is rendered in."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.contrib.humanize.templatetags.humanize import intcomma
from django.templatetags.static import static
from django.urls import reverse
from jinja2 import BaseLoader, ChainableUndefined, ChoiceLoader, Environment, PackageLoader, Template
from jinja2.environment import TemplateModule
from jinja2.runtime import Context, Macro
from markupsafe import Markup, escape

from booking.visits.references import root_in, root_of
from core import links, wording
from selfbook.pages import components

LIMITS = {
    "booking_weeks": settings.BOOKING_HORIZON_DAYS // 7,
    "fragments": settings.MESSAGE_FRAGMENTS_MAX,
    "nhs_identity": settings.NHS_IDENTITY,
    "openid": settings.OPENID_NAME,
    "visit_idle_minutes": settings.VISIT_IDLE_MINUTES,
}
"""The settings that pages tell people about. Templates see no others."""


def url(name: str, *args: object, **kwargs: object) -> str:
    """The path of a named view: `url("campaigns:show", campaign.id)`."""
    return reverse(name, args=args or None, kwargs=kwargs or None)


_cache: dict[tuple[Macro, str], Markup] = {}
_CACHE_MAX = 500
_ANY_VISIT = root_of("\0")
"""In the place of a visit's addresses in what is remembered: no page can hold this by itself."""


def remembered(macro: Macro, params: dict[str, Any]) -> Markup:
    """A component as it was drawn before for the same `params`: drawing is most of what a page costs.

    For components that do not depend on who looks, such as the footer: what is drawn stays in this process's memory,
    so `params` must hold nothing personal. Links to pages of a visit may be among them. They are drawn once for all
    visits, and lead to the addresses of the visit whose page it is.
    """
    # By `repr`, which tells a text from markup, and so never gives one for the other.
    written = repr(params)
    visit = root_in(written)
    key = (macro, written.replace(visit, _ANY_VISIT) if visit else written)
    if key not in _cache:
        if len(_cache) >= _CACHE_MAX:
            _cache.clear()
        drawn = Markup(macro(params))  # noqa: S704 - a macro's own output, escaped there
        _cache[key] = drawn.replace(visit, _ANY_VISIT) if visit else drawn
    return _cache[key].replace(_ANY_VISIT, visit) if visit else _cache[key]


_CELL = "\1"
"""In the place of a value in a table that is remembered: no heading can hold it."""


def table_of(macro: Macro, params: dict[str, Any], rows: Iterable[Sequence[object]]) -> Markup:
    """A table component with rows of as many values as `params["head"]` has headings, escaped unless they are markup.

    Drawing each cell by the component takes longer than all else on a page with hundreds of them. So it draws one row,
    which is remembered, and its values are put in for each of `rows`. As with `remembered`, `params` must hold nothing
    personal; `rows` may. Raises ValueError for a row of another length.
    """
    drawn = str(remembered(macro, params | {"rows": [[_CELL] * len(params["head"])]}))
    start = drawn.index("<tr", drawn.index("<tbody"))
    end = drawn.index("</tr>", start) + len("</tr>")
    first, *others = drawn[start:end].split(_CELL)
    filled = [
        first + "".join(str(escape(value)).strip() + after for value, after in zip(row, others, strict=True))
        for row in rows
    ]
    return Markup(drawn[:start] + "\n".join(filled) + drawn[end:])  # noqa: S704 - the macro's own output, and escaped values


class OwnTemplate(Template):
    """A template whose macros are the same for all pages."""

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        """Its macros for `{% from ... import %}`, which are made once.

        Jinja compares all globals at each import, a tenth of a page, in case a template was loaded with some of its
        own. None of ours is: Django's backend has no way to.
        """
        return super()._get_default_module()


def environment(*, loader: BaseLoader, **options: Any) -> Environment:
    """Our templates beside the official NHS.UK macros, with the filters and functions that pages use.

    The official macros read settings that were not given, such as `params.label.size`, so undefined names are
    chainable. Django's backend gives `options` (autoescape is on) and adds `csrf_input` and the request itself.
    """
    options["undefined"] = ChainableUndefined
    env = Environment(  # noqa: S701 - the backend's options turn autoescape on; tests/pages/site/test_jinja.py holds it
        loader=ChoiceLoader([loader, PackageLoader("nhsuk_frontend_jinja")]),
        trim_blocks=True,
        lstrip_blocks=True,
        **options,
    )
    env.template_class = OwnTemplate
    env.globals.update(
        static=static, url=url, link=links.address, limits=LIMITS, remembered=remembered, table_of=table_of
    )
    env.filters.update(
        nhs_date=wording.nhs_date,
        nhs_time=wording.nhs_time,
        nhs_datetime=wording.nhs_datetime,
        nhs_number=wording.nhs_number,
        uk_phone=wording.uk_phone,
        dialled=wording.dialled,
        plural=wording.plural,
        intcomma=intcomma,
        component=components.component,
        typed=components.typed,
        choice_items=components.choice_items,
        date_items=components.date_items,
        summary_items=components.summary_items,
    )
    return env
