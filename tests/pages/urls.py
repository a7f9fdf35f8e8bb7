"""The service's addresses with a few pages of the tests' own."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import engines
from django.urls import path

from booking.visits.fields import DateOfBirthField
from practices.models import Practice
from selfbook import urls as product
from selfbook.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

COLOURS = [("", "---------"), ("red", "Red"), ("blue", "Blue & white")]


class EveryField(forms.Form):
    """One field for each macro."""

    hidden = forms.CharField(widget=forms.HiddenInput, initial="kept", required=False)
    name = forms.CharField(label="Full name", help_text="As on <the> list", error_messages={"required": "Enter a name"})
    rows = forms.IntegerField(label="How many", error_messages={"invalid": "How many must be a number"})
    message = forms.CharField(label="Message", widget=forms.Textarea, max_length=20)
    password = forms.CharField(label="Password", widget=forms.PasswordInput)
    colour = forms.ChoiceField(label="Colour", choices=COLOURS, widget=forms.RadioSelect)
    several = forms.MultipleChoiceField(label="Colours", choices=COLOURS[1:], error_messages={"required": "Choose one"})
    agreed = forms.BooleanField(label="I have checked", error_messages={"required": "Tick that you have checked"})
    many = forms.ChoiceField(label="Place", choices=[*COLOURS, ("7", "Seven")])
    upload = forms.FileField(label="Patient list", widget=forms.FileInput(attrs={"accept": ".csv"}))
    born = DateOfBirthField(label="Date of birth", help_text="For example, 15 3 1984")

    def clean(self) -> None:
        """The form as a whole can be wrong too."""
        if self.data.get("name") == "Nobody":
            raise forms.ValidationError("These answers do not fit together")


class BirthForm(forms.Form):
    """The question that patients are asked."""

    date_of_birth = DateOfBirthField(label="What is your date of birth?", help_text="For example, 15 3 1984")


def every_field(request: HttpRequest) -> HttpResponse:
    """All the macros on one page."""
    form = EveryField(request.POST or None, request.FILES or None)
    form.is_valid()
    return _page(request, _EVERY_FIELD, {"form": form})


def birth(request: HttpRequest) -> HttpResponse:
    """A patient's page with one question."""
    form = BirthForm(request.POST or None)
    if form.is_valid():
        return HttpResponse(form.cleaned_data["date_of_birth"].isoformat())
    request.practice = Practice(name="Example & Sons Surgery", ods_code="A00099", phone="01632 960 000")  # type: ignore[attr-defined] # our middleware
    return _page(request, _BIRTH, {"form": form})


def show_notices(request: HttpRequest) -> HttpResponse:
    """A page after something was done."""
    messages.success(request, "Saved <well>")
    messages.warning(request, "Look again")
    return _page(request, _NOTICES, {})


def broken(request: HttpRequest) -> HttpResponse:
    """A page that fails."""
    raise RuntimeError("the tests break this on purpose")


def live(request: HttpRequest) -> HttpResponse:
    """A page that follows something: three visits and it is done."""
    visits = request.session["visits"] = request.session.get("visits", 0) + 1
    return _page(request, _LIVE, {"visits": visits})


def preview(request: HttpRequest) -> HttpResponse:
    """What a text looks like, as a fragment."""
    return HttpResponse(f"<p>{len(request.POST['message'])} characters</p>")


def write(request: HttpRequest) -> HttpResponse:
    """A page with a box whose text is previewed."""
    return _page(request, _WRITE, {"form": EveryField()})


def _page(request: HttpRequest, source: str, context: dict[str, object]) -> HttpResponse:
    return HttpResponse(engines["jinja2"].from_string(source).render(context, request))


_EVERY_FIELD = """{% extends "layouts/staff.jinja" %}
{% from "components/fields.jinja" import checkbox_field, checkboxes_field, date_of_birth_field, error_summary,
   file_field, hidden, password_field, radios_field, select_field, submit, text_field, textarea_field %}
{% set title = "Every field" %}{% set backHref = "/somewhere/" %}
{% block content %}
  {{ error_summary(form) }}<h1>Every field</h1>
  <form method="post" action="{{ request.path }}" enctype="multipart/form-data" novalidate>
    {{ csrf_input }}{{ hidden(form) }}
    {{ text_field(form["name"]) }}{{ text_field(form["rows"], width=4) }}
    {{ textarea_field(form["message"], attributes={"data-preview-url": "/preview/"}, after="<p id='after'>After</p>") }}
    {{ password_field(form["password"]) }}
    {{ radios_field(form["colour"], hints={"red": "Like a <rose>"}, conditional={"blue": "<p id='sky'>Sky</p>"}) }}
    {{ checkboxes_field(form["several"]) }}{{ checkbox_field(form["agreed"]) }}
    {{ select_field(form["many"]) }}{{ file_field(form["upload"]) }}
    {{ date_of_birth_field(form["born"], heading=false) }}
    {{ submit("Save") }}
  </form>
{% endblock %}"""

_BIRTH = """{% extends "layouts/patient.jinja" %}
{% from "components/fields.jinja" import date_of_birth_field, error_summary, submit %}
{% set title = "What is your date of birth?" %}{% set backHref = "/somewhere/" %}
{% block content %}
  {{ error_summary(form) }}
  <form method="post" action="{{ request.path }}" novalidate>
    {{ csrf_input }}{{ date_of_birth_field(form["date_of_birth"]) }}{{ submit() }}
  </form>
{% endblock %}"""

_NOTICES = """{% extends "layouts/staff.jinja" %}{% set title = "Batches" %}
{% block content %}<h1>Batches</h1>{% endblock %}"""

_LIVE = """{% extends "layouts/staff.jinja" %}{% set title = "Progress" %}
{% block content %}<h1>Progress</h1>
  <div id="progress"{% if visits < 3 %} data-live="0.2"{% endif %}>
    <p data-live-status>{{ visits }} of 3</p>
  </div>
  <p><a href="{{ request.path }}" data-live-refresh>Refresh</a></p>
{% endblock %}"""

_WRITE = """{% extends "layouts/staff.jinja" %}{% from "components/fields.jinja" import textarea_field %}
{% set title = "Write" %}
{% block content %}<h1>Write</h1>
  <form method="post" action="{{ request.path }}" novalidate>{{ csrf_input }}
    {{ textarea_field(form["message"], attributes={"data-preview-url": "/preview/", "data-preview-target": "seen"}) }}
    <div id="seen" aria-live="polite"></div>
  </form>
{% endblock %}"""

urlpatterns = [
    path("every-field/", every_field),
    path("birth/", birth),
    path("told/", show_notices),
    path("broken/", broken),
    path("live/", live),
    path("preview/", preview),
    path("write/", write),
    path("missing/", lambda request: render(request, "errors/404.jinja")),
    path("no-practice/", lambda request: render(request, "practices/no-practice.jinja")),
    *product.urlpatterns,
]
