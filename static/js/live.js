// Keeps a part of the page fresh while something is under way.
//
//   <div id="progress" data-live="5"> … <p data-live-status>3 of 20 checked</p> … </div>
//   <p><a href="…" data-live-refresh>Refresh</a></p>
//
// Every 5 seconds the page's own address is fetched and the element's content is swapped for the fresh copy's, until
// the fresh copy has no data-live. The words in data-live-status are read out politely when they change; the rest is
// not, so that a screen reader is not interrupted. The refresh link, which serves browsers without JavaScript, is
// hidden while this works. A <details> that is open stays so if it has an id. The server is told that nobody pressed
// anything; once it shows the page to nobody any more, the page is loaded anew, to say so.
import { initAll } from "../nhsuk/nhsuk-frontend.min.js";

const IDLE_MILLISECONDS = 10 * 60 * 1000; // An unwatched page must not keep its staff session alive.
const SLOWEST_MILLISECONDS = 60 * 1000;

class Live {
  constructor(element, announcer) {
    this.id = element.id;
    this.announcer = announcer;
    this.said = this.words(element);
    this.wait = this.period = Number(element.dataset.live) * 1000;
    this.lastActivity = Date.now();
    this.timer = null;
    this.pressed = false;
    this.notePresses();
    for (const kind of ["pointerdown", "pointermove", "keydown", "scroll"]) {
      document.addEventListener(kind, () => this.noteActivity(), { passive: true });
    }
    document.addEventListener("visibilitychange", () => this.schedule());
    this.schedule();
  }

  words(element) {
    const status = element.querySelector("[data-live-status]");
    return status ? status.textContent.replace(/\s+/g, " ").trim() : "";
  }

  get resting() {
    return document.hidden || Date.now() - this.lastActivity > IDLE_MILLISECONDS;
  }

  notePresses() {
    const note = (pressed) => () => {
      this.pressed = pressed;
    };
    for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, note(true), { passive: true });
    for (const kind of ["pointerup", "pointercancel", "keyup"]) document.addEventListener(kind, note(false));
    window.addEventListener("blur", note(false));
  }

  noteActivity() {
    this.lastActivity = Date.now();
    if (this.timer === null && !this.finished) this.schedule();
  }

  schedule() {
    clearTimeout(this.timer);
    this.timer = null;
    if (this.finished || this.resting) {
      this.showRefresh(!this.finished);
      return;
    }
    this.showRefresh(false);
    this.timer = setTimeout(() => this.refresh(), this.wait);
  }

  showRefresh(shown) {
    for (const link of document.querySelectorAll("[data-live-refresh]")) link.hidden = !shown;
  }

  async refresh() {
    try {
      const response = await fetch(window.location.href, {
        cache: "no-store",
        credentials: "same-origin",
        headers: { "X-Page-Follows": "1" },
      });
      if (response.status === 403 || response.status === 410) {
        window.location.reload();
        return;
      }
      if (!response.ok) throw new Error(`status ${response.status}`);
      if (response.redirected) {
        window.location.assign(response.url);
        return;
      }
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      // A button that is swapped while it is being pressed would lose the press: next time, then.
      if (!this.pressed) this.swap(page);
      this.wait = this.period;
    } catch {
      this.wait = Math.min(this.wait * 2, SLOWEST_MILLISECONDS);
    }
    this.schedule();
  }

  swap(page) {
    const fresh = page.getElementById(this.id);
    const element = document.getElementById(this.id);
    if (!fresh || !element) {
      window.location.reload();
      this.finished = true;
      return;
    }
    const focused = element.contains(document.activeElement) ? document.activeElement : null;
    const opened = [...element.querySelectorAll("details[id][open]")].map((details) => details.id);
    element.replaceChildren(...fresh.childNodes);
    for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
    document.title = page.title;
    initAll({ scope: element });
    if (focused) this.counterpart(element, focused)?.focus();
    this.finished = !("live" in fresh.dataset);
    if (this.finished) delete element.dataset.live;
    this.announce(this.words(element));
  }

  // What took the place of an element that had the focus: the one of its id, or the link that leads where it led.
  counterpart(element, former) {
    if (former.id) return document.getElementById(former.id);
    return [...element.querySelectorAll("a[href]")].find((link) => link.href === former.href);
  }

  announce(words) {
    if (words && words !== this.said) this.announcer.textContent = words;
    this.said = words;
  }
}

export function startLive() {
  const elements = document.querySelectorAll("[data-live]");
  if (!elements.length) return;
  const announcer = document.createElement("div");
  announcer.className = "nhsuk-u-visually-hidden";
  announcer.setAttribute("role", "status");
  document.body.append(announcer);
  for (const element of elements) new Live(element, announcer);
}
