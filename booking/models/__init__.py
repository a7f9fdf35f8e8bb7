"""The room's models: bookings and what patients ask for, reminders of appointments and
reports of them, outages, wrong answers."""

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
from booking.models.reports import (
    AppointmentReport,
    RemindedSlotType,
    ReportedAppointment,
    ReportedReminder,
    ReportedState,
    ReportSource,
)
from booking.models.requests import NewLinkRequest, PatientReply
from booking.models.waiting import WaitingPatient
from booking.models.wrong_answers import WrongAnswer

__all__ = [
    "BOOKING_MOVES",
    "CURRENT",
    "LIVE",
    "AppointmentReminder",
    "AppointmentReport",
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
    "RemindedSlotType",
    "ReminderState",
    "ReminderStep",
    "ReportSource",
    "ReportedAppointment",
    "ReportedReminder",
    "ReportedState",
    "SlotHold",
    "WaitingPatient",
    "WrongAnswer",
]
