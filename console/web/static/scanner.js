// A scanner that types like a keyboard, heard in two ways: by its keys, anywhere on the page, and in
// a field of its own, for devices that insert text without keys. A code ends with Enter or Tab.
const BURST_MS = 100; // a scanner's keys follow each other faster than people type
const ECHO_MS = 120; // the same code so soon again is the same read
const LEAST = 3;
const SILENCE_MS = 1500;
const SEPARATOR = "\x1d";

export class Scanner {
  // `hears` gets each code, with its source: `scan`, or `typed` by hand. `misses` is told when a
  // code has no end, and when one was scanned into another text field.
  constructor(field, hears, misses) {
    Object.assign(this, { field, hears, misses, keys: [], endedAt: -Infinity, last: null });
    document.addEventListener("keydown", (event) => this.key(event), { capture: true });
    field.addEventListener("beforeinput", (event) => this.lineBreak(event));
    field.addEventListener("input", () => this.waitForEnd());
    field.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.endField(event.timeStamp);
    });
  }

  key(event) {
    if (event.isComposing || event.defaultPrevented) {
      return;
    }
    const ends = event.key === "Enter" || event.key === "Tab";
    if (event.target === this.field) {
      ends ? this.endKey(event) : this.noteKey(event);
    } else if (ends) {
      this.endBurst(event);
    } else {
      this.burstKey(event);
    }
  }

  // In the field the text stands there; only how fast it came is noted.
  noteKey(event) {
    if (event.ctrlKey && event.key === "]") {
      event.preventDefault();
      this.field.setRangeText(SEPARATOR, this.field.selectionEnd, this.field.selectionEnd, "end");
    }
    if (event.key.length === 1) {
      this.note(event);
    }
  }

  endKey(event) {
    const scanned = this.isBurst(event.timeStamp);
    if (event.key === "Enter" || (scanned && this.field.value)) {
      event.preventDefault();
      this.endField(event.timeStamp);
    }
  }

  endField(at) {
    const code = this.field.value;
    const source = this.isBurst(at) ? "scan" : "typed";
    this.field.value = "";
    this.keys = [];
    clearTimeout(this.silence);
    this.end(code, source, at);
  }

  lineBreak(event) {
    if (event.inputType === "insertLineBreak") {
      event.preventDefault();
      this.endField(event.timeStamp);
    }
  }

  waitForEnd() {
    clearTimeout(this.silence);
    if (this.field.value.length >= LEAST && this.isBurst(performance.now())) {
      this.silence = setTimeout(() => this.misses("no-end"), SILENCE_MS);
    }
  }

  // Elsewhere a burst is swallowed, and its end presses nothing; a lone key still does.
  burstKey(event) {
    const separates = event.ctrlKey && event.key === "]";
    const plain = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!separates && !plain) {
      return;
    }
    this.note(event, separates ? SEPARATOR : event.key);
    const lone = this.keys.length === 1 && event.key === " ";
    if (!isText(event.target) && !lone) {
      event.preventDefault();
    }
  }

  endBurst(event) {
    const code = this.keys.map((key) => key.sign).join("");
    const scanned = this.isBurst(event.timeStamp);
    this.keys = [];
    if (scanned || event.timeStamp - this.endedAt < BURST_MS) {
      event.preventDefault(); // of CR and LF, the second is none of its own
      event.stopImmediatePropagation();
    }
    if (scanned && isText(event.target)) {
      event.target.value = event.target.value.slice(0, -code.length);
      this.misses("in-text");
    } else if (scanned) {
      this.end(code, "scan", event.timeStamp);
    }
  }

  note(event, sign = event.key) {
    if (event.timeStamp - (this.keys.at(-1)?.at ?? -Infinity) > BURST_MS) {
      this.keys = [];
    }
    this.keys.push({ sign, at: event.timeStamp });
  }

  isBurst(at) {
    return this.keys.length >= LEAST && at - this.keys.at(-1).at <= BURST_MS;
  }

  end(code, source, at) {
    const written = code.replaceAll("<GS>", SEPARATOR); // as some scanners write it
    const trimmed = written.replace(/^[\s]+|[\s]+$/g, (ends) => ends.replace(/[^\x1d]/g, ""));
    const echo = trimmed === this.last && at - this.endedAt < ECHO_MS;
    this.endedAt = at;
    if (trimmed && !echo) {
      this.last = trimmed;
      this.hears(trimmed, source);
    }
  }
}

function isText(target) {
  return target.matches?.("input:not([type=checkbox], [type=radio]), textarea, select")
    || target.isContentEditable;
}
