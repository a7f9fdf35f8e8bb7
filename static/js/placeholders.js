// Puts a placeholder where the writer's cursor is, so that nobody has to type braces.
//
//   <button type="button" data-insert="{name}" data-insert-into="id_message">Add {name}</button>
//
// The box then has the focus, and the preview is told. Without scripts the buttons are hidden and people type.

function insert(button) {
  const box = document.getElementById(button.dataset.insertInto);
  if (!box) return;
  const before = box.value.slice(0, box.selectionStart);
  const after = box.value.slice(box.selectionEnd);
  const lead = before === "" || /\s$/.test(before) ? "" : " ";
  const trail = /^[\s.,;:!?)]/.test(after) ? "" : " ";
  box.focus();
  box.setRangeText(lead + button.dataset.insert + trail, box.selectionStart, box.selectionEnd, "end");
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

export function startPlaceholders() {
  for (const button of document.querySelectorAll("button[data-insert]")) {
    button.addEventListener("click", () => insert(button));
  }
}
