"""The staff's addresses about patients. None holds anything personal: an invitation's id is nobody's name."""

from django.urls import path

from booking.staff.batch.downloads import DOWNLOADS
from booking.staff.patient.offers import Offer
from booking.staff.views import answer, batch, find, link, show, times

_BATCH = "batches/<uuid:campaign_id>/"
_ONE = "patients/<uuid:invitation_id>/"

app_name = "staff"
urlpatterns = [
    path("patients/", find.find_patient, name="find"),
    path(f"{_BATCH}patients-invited/", batch.patients, name="recipients"),
    path(f"{_BATCH}patients-invited/search/", batch.search, name="recipients-search"),
    *(path(f"{_BATCH}{what}.csv", batch.download, {"what": what}, name=f"download-{what}") for what in DOWNLOADS),
    path(_ONE, show.patient, name="patient"),
    path(f"{_ONE}unlock/", link.unlock, name="unlock"),
    path(f"{_ONE}send-again/", link.send_again, name="send-again"),
    path(f"{_ONE}renew/", link.renew, name="renew"),
    path(f"{_ONE}end/", link.expire, name="end"),
    path(f"{_ONE}link/", link.show, name="link"),
    path(f"{_ONE}book/", times.times, {"way": Offer.BOOK}, name="book"),
    path(f"{_ONE}book/check/", times.check, {"way": Offer.BOOK}, name="book-check"),
    path(f"{_ONE}move/", times.times, {"way": Offer.MOVE}, name="move"),
    path(f"{_ONE}move/check/", times.check, {"way": Offer.MOVE}, name="move-check"),
    path(f"{_ONE}cancel/", answer.cancel, name="cancel"),
    path(f"{_ONE}decline/", answer.decline, name="decline"),
    path(f"{_ONE}reverse-decline/", answer.reverse_decline, name="reverse-decline"),
    path(f"{_ONE}settle/", answer.settle, name="settle"),
    path(f"{_ONE}cancelled/<uuid:booking_id>/", answer.cancelled_by_hand, name="cancelled-by-hand"),
]
