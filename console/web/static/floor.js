// Pages of the floor by scan: what is scanned is sent as the form that stands on the page, in its
// order, until the server has answered; then the parts of the page that live are shown anew.
import { Scanner } from "./scanner.js";
import { isOff, play, unlock } from "./sounds.js";

const at = (id) => document.getElementById(id);
const AGAIN_MS = 2000;
const field = at("code");
const waiting = []; // first scanned, first sent
let sending = false;

// ---- what is sent

function send(request) {
  waiting.push(request);
  renderUnsent();
  if (!sending) {
    sending = true;
    sendAll().finally(() => (sending = false));
  }
}

async function sendAll() {
  while (waiting.length) {
    try {
      await sendOne(waiting[0]());
      waiting.shift();
    } catch {
      tell("look", at("unsent").dataset.offline); // it stays, and is sent again
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
    renderUnsent();
  }
}

async function sendOne({ form, code, key, button }) {
  const body = new URLSearchParams(new FormData(form, button));
  if (code !== undefined) {
    body.set("code", code);
    body.set("key", key); // sent again, it is counted once
  }
  const action = button?.getAttribute("formaction") ?? form.getAttribute("action");
  const answer = await fetch(action, { method: "POST", body });
  if (answer.status >= 502) {
    throw new Error("away");
  }
  show(new DOMParser().parseFromString(await answer.text(), "text/html"));
}

// ---- what is shown

function show(page) {
  const told = page.getElementById("verdict");
  if (!told) {
    const problem = page.querySelector("main")?.textContent.trim().replace(/\s+/g, " ");
    return tell("refused", problem ?? "");
  }
  for (const part of document.querySelectorAll("[data-live]")) {
    adopt(part, page.getElementById(part.id));
  }
  play(told.dataset.tone || "look");
  return undefined;
}

function adopt(part, fresh) {
  if (part.matches("input") && fresh) {
    part.value = fresh.value;
  } else if (fresh) {
    const typed = [...part.querySelectorAll("input:not([type=hidden])")].map((it) => [it.id, it.value]);
    part.replaceWith(fresh);
    for (const [id, value] of typed) {
      at(id) && !at(id).value && (at(id).value = value);
    }
  }
}

function tell(tone, says) {
  const verdict = at("verdict");
  verdict.className = `verdict ${tone}`;
  verdict.querySelector("[role]").textContent = says;
  verdict.querySelector(".icon").textContent = tone === "refused" ? "✕" : "!";
  play(tone);
}

function renderUnsent() {
  const count = waiting.length;
  at("unsent").textContent = count ? at("unsent").dataset.text.replace("{count}", count) : "";
}

function renderEars() {
  const ready = document.hasFocus();
  at("ears").textContent = ready ? at("ears").dataset.ready : at("ears").dataset.tap;
  at("ears").classList.toggle("deaf", !ready);
  at("sound-off").hidden = !isOff();
}

// ---- the page

function hear(code) {
  unlock()?.then(renderEars);
  at("echo").textContent = code;
  const key = crypto.randomUUID();
  send(() => ({ form: field.form, code, key, button: field.form.querySelector("[data-scan]") }));
}

function miss(what) {
  tell("look", what === "no-end" ? at("unsent").dataset.noend : at("unsent").dataset.intext);
}

document.documentElement.classList.add("scripted");
field.inputMode = "none"; // a scanner needs no keyboard on the screen
// Buttons that book are sent as a form is; only scans are heard here.
field.form.addEventListener("submit", (event) => {
  if (event.submitter?.dataset.book !== undefined) {
    event.stopImmediatePropagation();
  }
});
new Scanner(field, hear, miss);
document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-floor]")) {
    event.preventDefault();
    const { target: form, submitter: button } = event;
    send(() => ({ form, button }));
  }
});
at("keyboard")?.addEventListener("click", () => {
  field.inputMode = "text";
  field.focus();
});
field.addEventListener("blur", () => (field.inputMode = "none"));
addEventListener("pointerdown", () => unlock()?.then(renderEars));
addEventListener("focus", renderEars);
addEventListener("blur", renderEars);
addEventListener("beforeunload", (event) => waiting.length && event.preventDefault());
renderEars();
field.focus({ preventScroll: true });
navigator.wakeLock?.request("screen").catch(() => {});
