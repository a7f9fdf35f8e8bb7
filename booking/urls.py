"""The patient's addresses. Only the first holds the link's token; all others but three name the visit they act for."""

from django.urls import include, path, re_path, register_converter

from booking.references import ReferenceConverter
from booking.views import changing, choosing, declining, following, opening, renewing, stopping, waiting
from booking.visits import open_again

register_converter(ReferenceConverter, "visit")

of_a_visit = [
    path("", opening.choose, name="choose"),
    path("date-of-birth/", opening.date_of_birth, name="date_of_birth"),
    path("times/", choosing.times, name="times"),
    path("tell-me/", waiting.tell_me, name="tell_me"),
    path("check/", choosing.check, name="check"),
    path("done/", following.done, name="done"),
    path("appointment.ics", following.calendar, name="calendar"),
    path("cancel/", changing.cancel, name="cancel"),
    path("move/", changing.move, name="move"),
    path("move/check/", changing.move_check, name="move_check"),
    path("decline/", declining.decline, name="decline"),
    path("declined/", declining.declined, name="declined"),
    path("new-link/", renewing.new_link, name="new_link"),
    path("stop-texts/", stopping.stop, name="stop"),
    path("finish/", opening.finish, name="finish"),
]

# The pages once had these addresses, for the one visit of a browser. Whoever has one open still is asked to open the
# link again, whatever they pressed.
FORMER = [
    "date-of-birth/",
    "times/",
    "tell-me/",
    "check/",
    "done/",
    "appointment.ics",
    "cancel/",
    "move/",
    "move/check/",
]
FORMER += ["decline/", "declined/", "stop-texts/"]

app_name = "booking"
urlpatterns = [
    # Anything at all, line breaks too: whatever is no link of ours must get the same page. Phones may begin with I.
    re_path(r"^[iI]/(?P<token>[\s\S]*)\Z", opening.follow, name="follow"),
    path("b/<visit:reference>/", include(of_a_visit)),
    path("b/", open_again, name="open_again"),
    path("b/finished/", opening.finished, name="finished"),
    *(path(f"b/{former}", open_again, name="former") for former in FORMER),
]
