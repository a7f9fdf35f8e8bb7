"""The usual site's two addresses, and their views."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from bench.naive.models import Appointment, Slot

ROWS = 40


@require_safe
def times(request: HttpRequest) -> HttpResponse:
    """The next free times, each with its button."""
    free = Slot.objects.filter(taken_by=None, starts_at__gt=timezone.now()).order_by("starts_at")[:ROWS]
    return render(request, "naive/times.html", {"slots": free})


@csrf_exempt
@require_POST
def book(request: HttpRequest) -> HttpResponse:
    """The two writes: the slot is this patient's, and here is the appointment."""
    slot_id, patient = request.POST["slot"], request.POST["patient"]
    with transaction.atomic():
        if not Slot.objects.filter(id=slot_id, taken_by=None).update(taken_by=patient):
            return JsonResponse({"booked": False}, status=409)
        Appointment.objects.create(slot_id=int(slot_id), patient=patient)
    return JsonResponse({"booked": True}, status=201)


urlpatterns = [path("times/", times, name="times"), path("book/", book, name="book")]
