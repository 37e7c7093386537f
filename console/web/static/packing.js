// Packing by scan. The server counts: each scan is sent under a key of its own, first scanned, first
// sent, and sent again until it is answered. What is shown comes from the server.
import { Scanner } from "./scanner.js";
import { Scale } from "./scale.js";
import { isOff, play, unlock } from "./sounds.js";

const AGAIN_MS = [500, 1000, 2000, 5000];
const ENDED = [403, 404, 409]; // somebody else has it, or nobody any more
const page = document.getElementById("packing");
const at = (id) => document.getElementById(id);
const kept = `packline-packing-${page.dataset.task}`;
const token = at("scan").elements.form_token.value;
let queue = JSON.parse(sessionStorage.getItem(kept) ?? "[]"); // a reload loses none
let sending = false;

// ---- what is sent

function enqueue(url, fields) {
  queue.push({ url, fields: { key: crypto.randomUUID(), ...fields } });
  send();
}

async function send() {
  remember();
  if (sending) {
    return;
  }
  sending = true;
  for (let missed = 0; queue.length; ) {
    const answer = await post(queue[0]).catch(() => null);
    if (answer && answer.status < 500 && answer.status !== 429) {
      queue.shift();
      missed = 0;
      await show(answer);
    } else {
      missed += 1;
      tellTrouble(true);
      await new Promise((over) => setTimeout(over, AGAIN_MS[Math.min(missed, AGAIN_MS.length) - 1]));
    }
    remember();
  }
  sending = false;
}

function post({ url, fields }) {
  const into = { parcel: at("verdict")?.dataset.parcel ?? "1", ...fields };
  const body = new URLSearchParams({ form_token: token, ...into });
  return fetch(url, { method: "POST", body, headers: { "X-Part": "1", Accept: "text/html" } });
}

function remember() {
  sessionStorage.setItem(kept, JSON.stringify(queue));
  at("unsent").textContent = queue.length ? page.dataset.unsent.replace("{count}", queue.length) : "";
  at("unsent").classList.toggle("waiting", queue.length > 0);
}

// ---- what is shown

async function show(answer, { quietly = false } = {}) {
  tellTrouble(false);
  if (answer.redirected) {
    location.reload(); // signed out meanwhile
    return;
  }
  const html = await answer.text();
  if (!answer.ok) {
    const said = new DOMParser().parseFromString(html, "text/html").getElementById("main");
    ENDED.includes(answer.status) ? end(said) : refuse(said);
    return;
  }
  at("bench").innerHTML = html;
  at("scan").elements.parcel.value = at("verdict").dataset.parcel;
  if (document.activeElement === document.body) {
    at("code").focus({ preventScroll: true }); // the button that was pressed is another one now
  }
  if (!quietly) {
    play(at("verdict").dataset.tone || "look");
  }
  wireScale();
}

// The task is not ours any more: what became of it stands in place of the bench.
function end(said) {
  at("bench").replaceChildren(...(said?.childNodes ?? []));
  at("scan").hidden = true;
  queue = [];
  play("refused");
}

// This scan only cannot be taken.
function refuse(said) {
  at("verdict").className = "verdict refused";
  at("verdict").querySelector("[role=status]").textContent = "";
  at("verdict").querySelector("strong").textContent =
    said?.querySelector("[role=alert]")?.textContent ?? "";
  play("refused");
}

function tellTrouble(away) {
  at("echo").classList.toggle("deaf", away);
  if (away) {
    at("echo").textContent = page.dataset.away;
  }
}

function renderEars() {
  const ready = document.hasFocus();
  at("ears").textContent = ready ? page.dataset.ready : page.dataset.tap;
  at("ears").classList.toggle("deaf", !ready);
  at("sound-off").hidden = !isOff();
}

// ---- what is scanned and pressed

function hear(code) {
  at("echo").textContent = code;
  const command = code.trim().toUpperCase();
  if (command === "PL-DONE" && at("done")) {
    at("done").click();
  } else if (command.startsWith("PL-SHORT") && at("lacking")) {
    at("lacking").open = true;
    at("lacking").scrollIntoView();
  } else {
    enqueue(at("scan").action, { code });
  }
}

// Buttons of the bench wait in the same line as scans; forms that leave the page go as they are, once
// all that was scanned before is counted.
function submitted(event) {
  const form = event.target;
  if (!form.classList.contains("whole")) {
    event.preventDefault();
    const { key, form_token, parcel, ...fields } = Object.fromEntries(new FormData(form));
    enqueue(form.action, fields);
  } else if (queue.length || form.dataset.sent) {
    event.preventDefault();
  } else {
    form.dataset.sent = "1";
  }
}

async function measured(event) {
  const form = event.target.form;
  if (form?.dataset.measures) {
    const body = new URLSearchParams(new FormData(form));
    const how = { method: "POST", body, headers: { "X-Part": "1", Accept: "text/html" } };
    const answer = await fetch(form.dataset.measures, how).catch(() => null); // sent again when done
    if (answer?.ok && event.target.matches("select")) {
      await show(answer, { quietly: true }); // the box has sides, and a weight of its own
      at(event.target.id)?.closest("fieldset").querySelector("[inputmode]").focus();
    }
  }
}

// ---- the scale: only what is stable, and only what a person takes over

const scale = "serial" in navigator ? new Scale(navigator.serial) : null;

function wireScale() {
  for (const row of document.querySelectorAll("[data-scale]")) {
    row.hidden = scale === null;
    const [read, take] = row.querySelectorAll("button");
    read.addEventListener("click", () => weigh(row, take));
    take.addEventListener("click", () => takeOver(row, take));
  }
}

async function weigh(row, take) {
  const said = row.querySelector("output");
  take.hidden = true;
  said.textContent = "…";
  const { grams, problem } = await scale.weigh();
  said.textContent = grams ? `${grams} g` : page.dataset[`scale${problem}`] ?? problem;
  take.hidden = !grams;
  take.dataset.grams = grams ?? "";
}

function takeOver(row, take) {
  const field = at(row.dataset.scale);
  field.value = take.dataset.grams;
  take.hidden = true;
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

// ---- the page

document.documentElement.classList.add("scripted");
new Scanner(at("code"), hear, () => {
  at("echo").textContent = page.dataset.missed;
  play("look");
});
at("bench").addEventListener("submit", submitted);
at("bench").addEventListener("change", measured);
for (const kind of ["pointerdown", "keydown"]) {
  addEventListener(kind, () => unlock()?.then(renderEars));
}
addEventListener("focus", renderEars);
addEventListener("blur", renderEars);
addEventListener("pageshow", (event) => event.persisted && location.reload());
at("problems")?.focus();
renderEars();
wireScale();
send();
