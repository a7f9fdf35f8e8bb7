// Closes a patient's page that nobody has used for long, and keeps it from coming back by the Back button.
//
//   <div role="alert" hidden data-visit-ends="1800" data-visit-over="/…"> … <a href="">Stay on this page</a></div>
//
// After 1,800 seconds the server shows the page to nobody; what is on the screen must go as well. The element is shown
// two minutes before. Its link loads the page again, which is a use of it.

const WARNING_MILLISECONDS = 2 * 60 * 1000;
const LOOK_MILLISECONDS = 5 * 1000; // A computer that was asleep wakes up with its timers late.

function watch(warning) {
  const ends = Date.now() + Number(warning.dataset.visitEnds) * 1000;
  const look = () => {
    const left = ends - Date.now();
    if (left <= 0) window.location.replace(warning.dataset.visitOver);
    else if (left <= WARNING_MILLISECONDS && warning.hidden) {
      warning.hidden = false;
      warning.scrollIntoView({ block: "nearest" });
    }
  };
  setInterval(look, LOOK_MILLISECONDS);
  document.addEventListener("visibilitychange", look);
}

// Some browsers keep a whole page in memory for the Back button, though they are told to store nothing.
function forget() {
  window.addEventListener("pagehide", (event) => {
    if (event.persisted) document.documentElement.hidden = true;
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });
}

export function startVisit() {
  const warning = document.querySelector("[data-visit-ends]");
  if (!warning) return;
  watch(warning);
  forget();
}
