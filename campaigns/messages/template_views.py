"""The staff's pages about message templates: all of them, one to write or look at, and putting one away."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns.messages import template_forms, template_services, texts
from campaigns.messages.template_forms import LONG_NAME, OwnTemplateForm
from campaigns.models import Campaign, MessageTemplate
from core.http import posted
from integrations.links import LINK
from integrations.messaging.text import Cleaned, clean
from practices.access import StaffRequest, allowed
from practices.models import Practice
from practices.roles import Permission, may

page = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True, slots=True)
class Listed:
    """A template with what each of its texts takes when the name is a long one."""

    template: MessageTemplate
    fragments: int


@require_safe
@allowed(Permission.SEE_BATCHES)
def templates(request: StaffRequest) -> HttpResponse:
    """The practice's own templates, the shared ones, and those that have been put away."""
    seen = MessageTemplate.objects.seen_by(request.practice)
    context = {
        "own": [_listed(message_template, request.practice) for message_template in seen.live().own(request.practice)],
        "shared": [_listed(message_template, request.practice) for message_template in seen.live().shared()],
        "archived": list(seen.archived()),
        "back": reverse("campaigns:home"),
    }
    return render(request, "campaigns/templates.jinja", context)


def _listed(template: MessageTemplate, practice: Practice) -> Listed:
    return Listed(template, texts.preview(template.body, practice=practice, name=LONG_NAME).measure.fragments)


@page
@allowed(Permission.CHANGE_TEMPLATES)
def new(request: StaffRequest) -> HttpResponse:
    """Write a template, from nothing or from another one (`?from=`)."""
    origin = _origin(request)
    start = template_forms.initial(origin, copy=True) if origin else {}
    form = _form(request, start)
    if form.is_valid():
        try:
            made = template_services.create(
                practice=request.practice, wording=form.wording, by=request.user, copy_of=origin.id if origin else None
            )
        except template_services.NameTaken:
            form.add_error("name", template_forms.TAKEN)
        else:
            messages.success(request, f"The template “{made.name}” is ready to use.")
            return redirect("campaigns:templates")
    return _write_page(request, form, "New template")


def _form(
    request: StaffRequest, start: dict[str, Any], message_template: MessageTemplate | None = None
) -> OwnTemplateForm:
    """The form as it was sent. One that was sent for its preview only has nothing wrong with it yet."""
    if "preview" in request.POST:
        return OwnTemplateForm(practice=request.practice, template=message_template, initial=request.POST.dict())
    return OwnTemplateForm(posted(request), practice=request.practice, template=message_template, initial=start)


def _origin(request: StaffRequest) -> MessageTemplate | None:
    """The template that a new one starts from. Raises Http404 for one of another practice."""
    try:
        chosen = UUID(request.GET.get("from", ""))
    except ValueError:
        return None
    return get_object_or_404(MessageTemplate.objects.seen_by(request.practice), id=chosen)


@page
@allowed(Permission.SEE_BATCHES, post=Permission.CHANGE_TEMPLATES)
def template(request: StaffRequest, template_id: UUID) -> HttpResponse:
    """One template: to edit for those who may, to look at for others, and for everybody where it is shared."""
    message_template = get_object_or_404(MessageTemplate.objects.seen_by(request.practice), id=template_id)
    may_write = may(request.membership.role, Permission.CHANGE_TEMPLATES)
    if message_template.practice_id is None or message_template.archived_at or not may_write:
        if request.method == "POST":
            return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
        return _look_page(request, message_template)
    form = _form(request, template_forms.initial(message_template), message_template)
    if form.is_valid() and _changed(request, form, message_template):
        messages.success(request, f"The template “{form.cleaned_data['name']}” is saved.")
        return redirect("campaigns:templates")
    return _write_page(request, form, "Edit template", message_template)


def _changed(request: StaffRequest, form: OwnTemplateForm, message_template: MessageTemplate) -> bool:
    """Whether the words are kept; the form has an error otherwise."""
    seen = form.cleaned_data["seen"]
    try:
        template_services.change(template=message_template, wording=form.wording, seen=seen, by=request.user)
    except template_services.NameTaken:
        form.add_error("name", template_forms.TAKEN)
    except template_services.ChangedMeanwhile:
        form.add_error("message", template_forms.CHANGED)
        form.data = request.POST.dict() | {"seen": template_services.version(message_template)}
    else:
        return True
    return False


def _look_page(request: StaffRequest, message_template: MessageTemplate) -> HttpResponse:
    context = {
        "template": message_template,
        "back": reverse("campaigns:templates"),
        **_preview(clean(message_template.body), request.practice),
    }
    return render(request, "campaigns/template-look.jinja", context)


def _write_page(
    request: StaffRequest, form: OwnTemplateForm, title: str, message_template: MessageTemplate | None = None
) -> HttpResponse:
    drafts = Campaign.objects.of(request.practice).drafts()
    context = {
        "form": form,
        "title": title,
        "template": message_template,
        "drafts": drafts.filter(template=message_template).count() if message_template else 0,
        "placeholders": [
            (texts.NAME, f"the patient's first name, such as {texts.SAMPLE_NAME}"),
            (texts.PRACTICE, f"your practice's name, {request.practice.name}"),
            (LINK, "the patient's own link. Use it once"),
        ],
        "back": reverse("campaigns:templates"),
        **_preview(clean(str(form["message"].value() or "")), request.practice),
    }
    return render(request, "campaigns/template-write.jinja", context)


@require_POST
@allowed(Permission.CHANGE_TEMPLATES)
def preview(request: StaffRequest) -> HttpResponse:
    """The preview of the words being written, as an HTML fragment. Stores nothing."""
    cleaned = clean(request.POST.get("message", "")[:2000])
    return render(request, "campaigns/fragments/template-preview.jinja", _preview(cleaned, request.practice))


def _preview(cleaned: Cleaned, practice: Practice) -> dict[str, Any]:
    return {
        "preview": texts.preview(cleaned.text, practice=practice),
        "longest": texts.preview(cleaned.text, practice=practice, name=LONG_NAME),
        "long_name": LONG_NAME,
        "in_app": texts.in_app(cleaned.text, practice),
        "told": cleaned.told,
        "advice": texts.warnings(cleaned.text, practice),
    }


@page
@allowed(Permission.CHANGE_TEMPLATES)
def archive(request: StaffRequest, template_id: UUID) -> HttpResponse:
    """Ask, then put a template away."""
    message_template = _own(request, template_id)
    if request.method == "POST":
        template_services.archive(template=message_template, by=request.user)
        messages.success(request, f"The template “{message_template.name}” is put away.")
        return redirect("campaigns:templates")
    context = {"template": message_template, "back": reverse("campaigns:template", args=[message_template.id])}
    return render(request, "campaigns/template-archive.jinja", context)


@require_POST
@allowed(Permission.CHANGE_TEMPLATES)
def restore(request: StaffRequest, template_id: UUID) -> HttpResponse:
    """Offer a template again that was put away."""
    message_template = _own(request, template_id)
    try:
        template_services.restore(template=message_template, by=request.user)
    except template_services.NameTaken:
        messages.error(
            request, f"You have another template called “{message_template.name}”. Give that one another name first."
        )
    else:
        messages.success(request, f"The template “{message_template.name}” is back.")
    return redirect("campaigns:templates")


def _own(request: StaffRequest, template_id: UUID) -> MessageTemplate:
    """One of the practice's own templates. Raises Http404."""
    return get_object_or_404(MessageTemplate.objects.own(request.practice), id=template_id)
