// Picking by scan. Each scan is written down, then told, then sent; the server has the last word.
import { commandOf, plain } from "./codes.js";
import { keep, saveState, stateOf, tidy, unsentOf } from "./outbox.js";
import { COUNTS, after, apply, isSettled, lineOf } from "./rules.js";
import { Scanner } from "./scanner.js";
import { Sender, ask } from "./sender.js";
import { keepPage } from "./offline.js";
import { isOff, play, unlock } from "./sounds.js";

const page = document.getElementById("picking");
const at = (id) => document.getElementById(id);
const task = Number(page.dataset.task);
const verdicts = JSON.parse(page.dataset.verdicts);
const texts = JSON.parse(page.dataset.texts);
const channel = new BroadcastChannel("packline-picking");
const ICONS = { counted: "✓", done: "✓✓", refused: "✕", look: "!" };
const LOOK = ["wrong-bin", "bin-first", "nothing-to-undo", "nothing-short", "not-listed"];

let base = null; // as the server has it
let state = null; // with what it has not answered yet
let sender = null;
let queue = Promise.resolve(); // first scanned, first counted
let unsent = 0;
let last = null; // the key of the scan that the verdict is about

// ---- what is shown

function sentence(result, values) {
  const text = verdicts[result] ?? result;
  return text.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}

function toneOf(result) {
  if (result === "line-done") {
    return "done";
  }
  return COUNTS.includes(result) || result === "returned" ? "counted"
    : LOOK.includes(result) ? "look" : "refused";
}

// A refusal is read out at once, and stays until the next scan; anything else waits its turn.
function tell(tone, says, { quietly = false } = {}) {
  const verdict = at("verdict");
  verdict.className = `verdict ${tone}`;
  at("verdict-icon").textContent = ICONS[tone];
  const urgent = tone === "refused" || tone === "look";
  at("verdict-good").textContent = urgent ? "" : says;
  at("verdict-bad").textContent = urgent ? says : "";
  if (!quietly) {
    play(tone);
  }
}

function render() {
  page.classList.toggle("ended", !state.mine);
  const here = lineOf(state);
  const list = at("lines");
  for (const row of [...list.children]) {
    row.dataset.known = "";
  }
  for (const line of state.lines) {
    list.append(renderLine(line, line === here)); // also puts it where it belongs
  }
  for (const row of list.querySelectorAll("[data-known='']")) {
    row.remove();
  }
  at("check").hidden = !state.mine || Boolean(here) || !state.lines.length;
  at("acts").hidden = !state.mine || !here;
  at("scan").hidden = !state.mine;
  renderHands();
}

function renderLine(line, here) {
  const found = document.querySelector(`#lines > [data-sku="${CSS.escape(line.sku)}"]`);
  const row = found ?? at("line").content.firstElementChild.cloneNode(true);
  row.dataset.sku = line.sku;
  row.dataset.known = "1";
  row.classList.toggle("here", here);
  row.classList.toggle("full", line.counted === line.asked);
  row.classList.toggle("short", Boolean(line.why));
  if (here) {
    row.setAttribute("aria-current", "step");
  } else {
    row.removeAttribute("aria-current");
  }
  const parts = { bin: line.bin || "–", name: line.name, counted: line.counted, asked: line.asked,
    barcode: line.barcode, why: line.why ? texts.reasons[line.why] : "" };
  for (const [part, text] of Object.entries(parts)) {
    row.querySelector(`[data-part=${part}]`).textContent = text;
  }
  return row;
}

function renderHands() {
  at("hands").hidden = !state.in_hand.length;
  at("hands-list").replaceChildren(...state.in_hand.map((goods) => {
    const item = document.createElement("li");
    item.textContent = `${goods.pieces} × ${goods.name} → ${goods.bin || "–"}`;
    return item;
  }));
}

async function countUnsent() {
  unsent = (await unsentOf(page.dataset.person)).length;
  renderUnsent();
}

function renderUnsent() {
  const text = unsent === 1 ? texts.unsent_one : texts.unsent.replace("{count}", unsent);
  at("unsent").textContent = text;
  at("unsent").classList.toggle("waiting", unsent > 0);
  at("finish").setAttribute("aria-disabled", String(unsent > 0));
  page.dataset.unsent = String(unsent);
}

// ---- what is scanned and pressed

function sound() {
  unlock()?.then(renderEars);
}

function hear(raw, source) {
  sound();
  if (plain(raw).toUpperCase().startsWith("PLB-")) { // it is shown and kept nowhere
    at("echo").textContent = "";
    queue = queue.then(() => tell("look", verdicts.badge));
    return;
  }
  at("echo").textContent = raw;
  const command = commandOf(raw);
  queue = queue.then(() => (command ? commanded(command, raw) : take({ act: "code", raw, source })))
    .catch(broken);
}

function commanded(command, raw) {
  if (command.act === "done") {
    return finish();
  }
  if (command.act === "ask-why") {
    at("why").open = true;
    return tell("look", texts.say_why);
  }
  return press({ ...command, raw, source: "command" });
}

function press(given) {
  const here = lineOf(state);
  const undoes = given.act === "undo" ? state.undoable.at(-1)?.key : undefined;
  const sku = ["short", "skip"].includes(given.act) ? here?.sku : undefined;
  at("why").open = false;
  return take({ source: "button", ...given, undoes, sku });
}

// Written down first, then told: what was heard to be counted is not lost any more.
async function take(given) {
  const scan = { ...given, key: crypto.randomUUID(), task, take: state.take,
    person: page.dataset.person, scanned_at: new Date().toISOString() };
  const next = structuredClone(state);
  const { result, values } = apply(next, scan);
  await keep({ ...scan, result });
  state = next;
  last = scan.key;
  unsent += 1;
  renderUnsent();
  tell(state.mine ? toneOf(result) : "refused", state.mine ? sentence(result, values) : texts.ended);
  render();
  channel.postMessage(task);
  countUnsent();
  sender.send();
}

async function finish() {
  const open = state.lines.filter((line) => !isSettled(line)).length;
  if (open) {
    return tell("refused", texts.open.replace("{count}", open));
  }
  await countUnsent();
  if (unsent) {
    sender.now();
    return tell("look", texts.wait);
  }
  at("finish-form").dataset.ready = "1";
  return at("finish-form").requestSubmit();
}

function broken(problem) {
  console.error(problem);
  tell("refused", texts.broken);
}

// ---- what the server says

async function answered(about, answers, newState) {
  if (about === task) {
    await adopt(newState);
    const latest = answers.findLast((one) => one.late) ?? answers.find((one) => one.key === last);
    if (latest) {
      const tone = toneOf(latest.result);
      tell(tone, latest.says, { quietly: at("verdict").classList.contains(tone) });
    }
  }
  at("trouble").hidden = true;
  channel.postMessage(task);
  await countUnsent();
}

// Of two states of a task, that of the later take is the later, then that with more scans in it.
async function adopt(newState) {
  const later = base && (newState.take - base.take || newState.version - base.version);
  if (!base || later >= 0) {
    base = newState;
    await saveState(newState);
  }
  state = after(base, await pending());
  render();
}

async function pending() {
  const counted = new Set(base.undoable.map((one) => one.key));
  const unsent = await unsentOf(page.dataset.person);
  return unsent.filter((scan) => scan.task === task && !counted.has(scan.key));
}

function trouble(status, says) {
  const text = status === 401 ? texts.signed_out : status === 0 ? texts.offline : says || texts.away;
  at("trouble").hidden = false;
  at("trouble-words").textContent = text;
  at("sign-in-again").hidden = status !== 401;
}

async function refresh() {
  const { status, data } = await ask(`/tasks/${task}/picking.json`, page.dataset.formToken);
  if (status === 200) {
    sender.token = data.form_token;
    at("trouble").hidden = true;
    await adopt(data.state);
  } else {
    trouble(status, data?.says);
  }
}

// ---- the page

function wire() {
  const field = at("code");
  field.inputMode = "none"; // a scanner needs no keyboard on the screen
  new Scanner(field, hear, (what) => tell("look", texts[what]));
  at("keyboard").addEventListener("click", () => {
    field.inputMode = "text";
    field.focus();
  });
  field.addEventListener("blur", () => (field.inputMode = "none"));
  for (const form of document.querySelectorAll("form[data-act]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const { act, why } = { ...form.dataset, ...event.submitter?.dataset };
      queue = queue.then(() => press({ act, why })).catch(broken);
    });
  }
  at("finish-form").addEventListener("submit", (event) => {
    if (event.target.dataset.ready) {
      delete event.target.dataset.ready;
      return;
    }
    event.preventDefault();
    queue = queue.then(finish).catch(broken);
  });
  for (const link of document.querySelectorAll("[data-view]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      view(link.dataset.view);
    });
  }
  addEventListener("pointerdown", sound);
  addEventListener("focus", renderEars);
  addEventListener("blur", renderEars);
  channel.onmessage = async (message) => {
    if (message.data === task && base) {
      base = (await stateOf(task)) ?? base;
      state = after(base, await pending());
      render();
      await countUnsent();
    }
  };
}

function view(name) {
  page.dataset.shows = name;
  const url = new URL(location.href);
  url.searchParams.set("view", name);
  history.replaceState(null, "", url);
}

function renderEars() {
  const ready = document.hasFocus();
  at("ears").textContent = ready ? texts.ready : texts.tap;
  at("ears").classList.toggle("deaf", !ready);
  at("sound-off").hidden = !isOff();
}

async function begin() {
  document.documentElement.classList.add("scripted");
  navigator.storage?.persist?.();
  sender = new Sender(page.dataset.person, page.dataset.formToken, answered, trouble);
  let ready;
  queue = new Promise((resolve) => (ready = resolve)); // what is scanned meanwhile waits
  wire();
  renderEars();
  at("code").focus({ preventScroll: true });
  const kept = await stateOf(task);
  await adopt(JSON.parse(page.dataset.state)); // may be of a page that was kept
  if (kept?.person === page.dataset.person) {
    await adopt(kept);
  }
  ready();
  await countUnsent();
  sender.send();
  await refresh();
  tidy(task);
  keepPage();
  navigator.wakeLock?.request("screen").catch(() => {});
}

begin().catch(broken);
