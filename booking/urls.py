"""The patient's addresses. Only the first holds the link's token."""

from django.urls import path

from booking.views import choosing, declining, opening

app_name = "booking"
urlpatterns = [
    path("i/", opening.follow, {"token": ""}),
    path("i/<path:token>", opening.follow, name="follow"),
    path("b/", opening.choose, name="choose"),
    path("b/date-of-birth/", opening.date_of_birth, name="date_of_birth"),
    path("b/times/", choosing.times, name="times"),
    path("b/check/", choosing.check, name="check"),
    path("b/done/", choosing.done, name="done"),
    path("b/decline/", declining.decline, name="decline"),
    path("b/declined/", declining.declined, name="declined"),
]
