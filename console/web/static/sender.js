// Sends what was scanned, task by task and in order, from one tab at a time, until all is answered.
import { answered, unsentOf } from "./outbox.js";

const MOST = 100;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

export class Sender {
  // `person` is whose scans are sent. `onAnswer(task, answers, state)`, `onTrouble(kind, says)`.
  constructor(person, token, onAnswer, onTrouble) {
    Object.assign(this, { person, token, onAnswer, onTrouble, pause: FIRST_PAUSE_MS });
    addEventListener("online", () => this.now());
    document.addEventListener("visibilitychange", () => document.hidden || this.now());
  }

  now() {
    this.pause = FIRST_PAUSE_MS;
    return this.send();
  }

  async send() {
    clearTimeout(this.timer);
    if (this.sending) {
      this.again = true;
      return;
    }
    this.sending = true;
    this.again = false;
    const drained = await alone(() => this.drain()).catch(() => false);
    this.sending = false;
    if (this.again) {
      this.send();
    } else if (!drained) {
      this.timer = setTimeout(() => this.send(), this.pause);
      this.pause = Math.min(this.pause * 2, LONGEST_PAUSE_MS);
    }
  }

  // What is refused for one task holds up no other; it is tried again later, and never dropped.
  async drain() {
    const refused = new Set();
    for (;;) {
      const unsent = await unsentOf(this.person);
      const next = unsent.find((scan) => !refused.has(scan.task));
      if (!next) {
        return !unsent.length;
      }
      const some = unsent.filter((scan) => scan.task === next.task).slice(0, MOST);
      const status = await this.post(next.task, some);
      if (isAway(status)) {
        return false;
      }
      if (status === 200) {
        this.pause = FIRST_PAUSE_MS;
      } else {
        refused.add(next.task);
      }
    }
  }

  async post(task, scans) {
    const body = JSON.stringify({ scans: scans.map(asSent) });
    const answer = await ask(`/tasks/${task}/scans`, this.token, { method: "POST", body });
    if (answer.status === 403) {
      await this.renew(task); // signed in anew since the page was opened
    }
    if (answer.status !== 200) {
      this.onTrouble(answer.status, answer.data?.says ?? "");
      return answer.status;
    }
    const { answers, state } = answer.data;
    await answered(answers.map((one) => one.key), state);
    this.onAnswer(task, answers, state);
    return answer.status;
  }

  async renew(task) {
    const { status, data } = await ask(`/tasks/${task}/picking.json`, this.token);
    if (status === 200) {
      this.token = data.form_token;
    }
  }
}

function isAway(status) {
  return status === 0 || status === 401 || status === 429 || status >= 500;
}

// The status is 0 where there is no network, and 401 for who is not signed in.
export async function ask(path, token, given = {}) {
  const headers = { "Accept": "application/json", "Content-Type": "application/json", "X-Form-Token": token };
  try {
    const answer = await fetch(path, { ...given, headers });
    const isJson = answer.headers.get("Content-Type")?.startsWith("application/json");
    return { status: answer.status, data: isJson ? await answer.json() : null };
  } catch {
    return { status: 0, data: null };
  }
}

function asSent({ key, take, device, sequence, act, source, raw, undoes, sku, why, scanned_at }) {
  return { key, take, device, sequence, act, source, raw, undoes, sku, why, scanned_at };
}

function alone(work) {
  return navigator.locks ? navigator.locks.request("packline-sender", work) : work();
}
