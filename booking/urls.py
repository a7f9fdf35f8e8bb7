"""The patient's addresses. Only the first holds the link's token."""

from django.urls import path, re_path

from booking.views import changing, choosing, declining, following, opening, renewing, stopping, waiting

app_name = "booking"
urlpatterns = [
    # Anything at all, line breaks too: whatever is no link of ours must get the same page. Phones may begin with I.
    re_path(r"^[iI]/(?P<token>[\s\S]*)\Z", opening.follow, name="follow"),
    path("b/", opening.choose, name="choose"),
    path("b/date-of-birth/", opening.date_of_birth, name="date_of_birth"),
    path("b/times/", choosing.times, name="times"),
    path("b/tell-me/", waiting.tell_me, name="tell_me"),
    path("b/check/", choosing.check, name="check"),
    path("b/done/", following.done, name="done"),
    path("b/appointment.ics", following.calendar, name="calendar"),
    path("b/cancel/", changing.cancel, name="cancel"),
    path("b/move/", changing.move, name="move"),
    path("b/move/check/", changing.move_check, name="move_check"),
    path("b/decline/", declining.decline, name="decline"),
    path("b/declined/", declining.declined, name="declined"),
    path("b/new-link/", renewing.new_link, name="new_link"),
    path("b/stop-texts/", stopping.stop, name="stop"),
]
