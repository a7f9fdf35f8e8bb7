// Shows a text message as the patient will see it, while it is being written.
//
//   <textarea name="text" data-preview-url="/…" data-preview-target="preview"> in a form with Django's CSRF token
//   <div id="preview" aria-live="polite"> … what the server showed last … </div>
//
// The text is posted under the box's own name, a moment after the last key; the answer, an HTML fragment, replaces
// the target's content. Nothing is shown differently when the server cannot be reached: the form still checks it.

const PAUSE_MILLISECONDS = 400;

async function preview(box, target, signal) {
  const token = box.form.elements.namedItem("csrfmiddlewaretoken").value;
  const response = await fetch(box.dataset.previewUrl, {
    method: "POST",
    body: new URLSearchParams({ [box.name]: box.value }),
    headers: { "X-CSRFToken": token },
    credentials: "same-origin",
    redirect: "error",
    signal,
  });
  if (!response.ok) return;
  const fragment = new DOMParser().parseFromString(await response.text(), "text/html");
  target.replaceChildren(...fragment.body.childNodes);
}

function follow(box) {
  const target = document.getElementById(box.dataset.previewTarget);
  if (!target) return;
  let timer;
  let underWay = new AbortController();
  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      underWay.abort(); // A slow answer to an older text must not overwrite a newer one.
      underWay = new AbortController();
      preview(box, target, underWay.signal).catch(() => {});
    }, PAUSE_MILLISECONDS);
  });
}

export function startMessagePreview() {
  for (const box of document.querySelectorAll("textarea[data-preview-url]")) follow(box);
}
