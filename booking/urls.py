"""The patient's addresses. Only the first holds the link's token; all others but three name the visit they act for."""

from django.urls import include, path, re_path, register_converter

from booking.views import change, choose, decline, follow, new_link, open, opt_out, waiting_list
from booking.views.guards import open_again
from booking.visits.references import ReferenceConverter

register_converter(ReferenceConverter, "visit")

of_a_visit = [
    path("", open.choose, name="choose"),
    path("date-of-birth/", open.date_of_birth, name="date_of_birth"),
    path("times/", choose.times, name="times"),
    path("tell-me/", waiting_list.tell_me, name="tell_me"),
    path("check/", choose.check, name="check"),
    path("done/", follow.done, name="done"),
    path("appointment.ics", follow.calendar, name="calendar"),
    path("cancel/", change.cancel, name="cancel"),
    path("move/", change.move, name="move"),
    path("move/check/", change.move_check, name="move_check"),
    path("decline/", decline.decline, name="decline"),
    path("declined/", decline.declined, name="declined"),
    path("new-link/", new_link.new_link, name="new_link"),
    path("stop-texts/", opt_out.stop, name="stop"),
    path("finish/", open.finish, name="finish"),
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
    re_path(r"^[iI]/(?P<token>[\s\S]*)\Z", open.follow, name="follow"),
    path("b/<visit:reference>/", include(of_a_visit)),
    path("b/", open_again, name="open_again"),
    path("b/finished/", open.finished, name="finished"),
    *(path(f"b/{former}", open_again, name="former") for former in FORMER),
]
