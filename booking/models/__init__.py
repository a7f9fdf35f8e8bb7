"""The room's models: bookings and what patients ask for, reminders of appointments, outages, wrong answers."""

from booking.models.attendance import Attendance, AttendanceState
from booking.models.bookings import (
    BOOKING_MOVES,
    CURRENT,
    LIVE,
    Booking,
    BookingState,
    CancelReason,
    Decline,
    SlotHold,
)
from booking.models.clinics import CancelledClinic, ClinicPatient, PhoneReason
from booking.models.outages import ClinicalOutage
from booking.models.reminders import AppointmentReminder, ReminderState, ReminderStep
from booking.models.requests import NewLinkRequest, PatientReply
from booking.models.waiting import WaitingPatient
from booking.models.wrong_answers import WrongAnswer

__all__ = [
    "BOOKING_MOVES",
    "CURRENT",
    "LIVE",
    "AppointmentReminder",
    "Attendance",
    "AttendanceState",
    "Booking",
    "BookingState",
    "CancelReason",
    "CancelledClinic",
    "ClinicPatient",
    "ClinicalOutage",
    "Decline",
    "NewLinkRequest",
    "PatientReply",
    "PhoneReason",
    "ReminderState",
    "ReminderStep",
    "SlotHold",
    "WaitingPatient",
    "WrongAnswer",
]
