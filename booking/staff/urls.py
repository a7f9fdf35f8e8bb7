"""The staff's addresses about patients. None holds anything personal: an invitation's id is nobody's name."""

from django.urls import path

from booking.staff.batch.downloads import DOWNLOADS
from booking.staff.patient.offers import Offer
from booking.staff.views import answer, appointment_reports, batch, clinics, find, link, reports, show, times

_BATCH = "batches/<uuid:campaign_id>/"
_PATIENT = "patients/<uuid:invitation_id>/"

app_name = "staff"
urlpatterns = [
    path("patients/", find.find_patient, name="find"),
    path(f"{_BATCH}patients-invited/", batch.patients, name="recipients"),
    path(f"{_BATCH}patients-invited/search/", batch.search, name="recipients-search"),
    *(path(f"{_BATCH}{what}.csv", batch.download, {"what": what}, name=f"download-{what}") for what in DOWNLOADS),
    path("reports/", reports.practice, name="reports"),
    path("reports.csv", reports.practice_csv, name="reports-csv"),
    path(f"{_BATCH}report/", reports.batch, name="report"),
    path(f"{_BATCH}report.csv", reports.batch_csv, name="report-csv"),
    path(f"{_BATCH}report/attendance/", reports.attendance, name="attendance"),
    path("appointment-reports/", appointment_reports.reports, name="appointment-reports"),
    path("appointment-reports/upload/", appointment_reports.upload, name="appointment-report-upload"),
    path("appointment-reports/slot-types/", appointment_reports.slot_types, name="appointment-report-slot-types"),
    path("appointment-reports/<uuid:report_id>/", appointment_reports.report, name="appointment-report"),
    path("clinics/", clinics.clinics, name="clinics"),
    path("clinics/days/<slug:on>/", clinics.day, name="clinic-day"),
    path("clinics/<uuid:clinic_id>/", clinics.clinic, name="clinic"),
    path("clinics/<uuid:clinic_id>/phoned/", clinics.phoned, name="clinic-phoned"),
    path("clinics/<uuid:clinic_id>/reopen/", clinics.reopen, name="clinic-reopen"),
    path(_PATIENT, show.patient, name="patient"),
    path(f"{_PATIENT}unlock/", link.unlock, name="unlock"),
    path(f"{_PATIENT}send-again/", link.send_again, name="send-again"),
    path(f"{_PATIENT}choose-again/<uuid:booking_id>/", link.choose_again, name="choose-again"),
    path(f"{_PATIENT}renew/", link.renew, name="renew"),
    path(f"{_PATIENT}end/", link.expire, name="end"),
    path(f"{_PATIENT}link/", link.show, name="link"),
    path(f"{_PATIENT}book/", times.times, {"way": Offer.BOOK}, name="book"),
    path(f"{_PATIENT}book/check/", times.check, {"way": Offer.BOOK}, name="book-check"),
    path(f"{_PATIENT}move/", times.times, {"way": Offer.MOVE}, name="move"),
    path(f"{_PATIENT}move/check/", times.check, {"way": Offer.MOVE}, name="move-check"),
    path(f"{_PATIENT}cancel/", answer.cancel, name="cancel"),
    path(f"{_PATIENT}decline/", answer.decline, name="decline"),
    path(f"{_PATIENT}reverse-decline/", answer.reverse_decline, name="reverse-decline"),
    path(f"{_PATIENT}settle/", answer.settle, name="settle"),
    path(f"{_PATIENT}cancelled/<uuid:booking_id>/", answer.cancelled_by_hand, name="cancelled-by-hand"),
]
