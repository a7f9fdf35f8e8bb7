"""The appointment as an iCalendar file (RFC 5545), for the calendar on the patient's own phone.

It names the surgery, the time and the place, and never what the appointment is for: calendars are shared, and shown on
locked screens (wording#locked-screens). The link is left out too: it would let whoever sees the calendar come as far as
the question for the date of birth.
"""

from datetime import UTC
from urllib.parse import urlsplit

from django.conf import settings
from icalendar import Calendar, Event

from booking.appointments.texts import places, step_of
from booking.models import Booking
from core.wording import nhs_datetime

PRODUCT = "-//Selfbook//Appointments//EN"


def calendar_file(booking: Booking) -> bytes:
    """A booked appointment as a file in UTF-8 with CRLF line ends.

    Times are in UTC, which needs no table of clock changes. All appointments of one invitation are one event, whose
    later versions replace the earlier: so a moved appointment moves in the calendar that it is imported to again.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(_event(booking))
    return bytes(calendar.to_ical())


def _event(booking: Booking) -> Event:
    practice, settled_at = booking.practice, booking.settled_at or booking.created_at
    place = next(iter(places(booking.slot, practice)), "")
    where = place if place.startswith(practice.name) else ", ".join(part for part in (practice.name, place) if part)
    event = Event()
    event.add("uid", f"{booking.invitation_id}@{urlsplit(settings.PUBLIC_BASE_URL).hostname}")
    event.add("sequence", step_of(booking))
    event.add("dtstamp", settled_at.astimezone(UTC))
    event.add("dtstart", booking.starts_at.astimezone(UTC))
    event.add("dtend", booking.ends_at.astimezone(UTC))
    event.add("summary", f"Appointment at {practice.name}")
    event.add("location", where)
    event.add("description", f"{nhs_datetime(booking.starts_at)}. To change or cancel it, phone {practice.phone}.")
    event.add("status", "CONFIRMED")
    event.add("transp", "OPAQUE")
    event.add("class", "PRIVATE")
    return event
