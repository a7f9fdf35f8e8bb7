// Starts the NHS design system's components, and ours, on every page. Pages work without any of it.
import { initAll } from "../nhsuk/nhsuk-frontend.min.js";
import { startLive } from "./live.js";
import { startMessagePreview } from "./message-preview.js";
import { startPasskeys } from "./passkey.js";
import { startPlaceholders } from "./placeholders.js";
import { startVisit } from "./visit.js";

initAll();
startLive();
startMessagePreview();
startPasskeys();
startPlaceholders();
startVisit();
