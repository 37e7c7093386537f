// What a code means on this page, also without a network: the same rules as the server's
// (domain/barcodes.py, domain/command_codes.py).
const GTIN = /^(\d{8}|\d{12,14})$/;
const MARKS = ["]C1", "]e0", "]d2", "]Q3"];
const SEPARATOR = "\x1d";
const FIXED = { "00": 18, "01": 14, "02": 14, "03": 14, "04": 16, "20": 2, "41": 14 };
for (let date = 11; date <= 19; date += 1) {
  FIXED[date] = 6;
}
for (let measure = 31; measure <= 36; measure += 1) {
  FIXED[measure] = 8;
}
const CHECKED = ["00", "01", "02"];
const COMMANDS = {
  "PL-DONE": { act: "done" },
  "PL-UNDO": { act: "undo" },
  "PL-NEXT": { act: "skip" },
  "PL-SHORT": { act: "ask-why" },
  "PL-SHORT-NOT-IN-BIN": { act: "short", why: "not in bin" },
  "PL-SHORT-DAMAGED": { act: "short", why: "damaged" },
  "PL-SHORT-WRONG-ITEM": { act: "short", why: "wrong item" },
  "PL-SHORT-OTHER": { act: "short", why: "other" },
};

export function commandOf(raw) {
  return COMMANDS[plain(raw).trim().toUpperCase()] ?? null;
}

// The code without the sign of its kind; an element string keeps it, which makes it one.
export function plain(raw) {
  return /^\][A-Za-z]\d/.test(raw) && !MARKS.includes(raw.slice(0, 3)) ? raw.slice(3) : raw;
}

// The line that a code belongs to, and its pieces.
export function goodsOf(lines, raw) {
  const text = plain(raw);
  return known(lines, text) ?? ofElementString(lines, text);
}

function known(lines, raw) {
  const key = GTIN.test(raw) ? raw.padStart(14, "0") : raw;
  for (const line of lines) {
    if (Object.hasOwn(line.codes, key)) {
      return { line, pieces: line.codes[key] };
    }
  }
  return null;
}

function ofElementString(lines, raw) {
  const elements = elementsOf(raw);
  const gtin = elements?.["01"] ?? elements?.["02"];
  const found = gtin ? known(lines, gtin) : null;
  const count = elements?.["01"] ? 1 : Number(elements?.["37"] ?? 1);
  return found && count ? { line: found.line, pieces: found.pieces * count } : null;
}

function elementsOf(raw) {
  let text = MARKS.some((mark) => raw.startsWith(mark)) ? raw.slice(3) : raw;
  text = text.startsWith(SEPARATOR) ? text.slice(1) : text;
  const elements = {};
  while (text) {
    const identifier = text.slice(0, 2);
    const length = FIXED[identifier];
    const end = length ? 2 + length : (text + SEPARATOR).indexOf(SEPARATOR, 2);
    const value = text.slice(2, end);
    if (!isSound(identifier, value, length) || Object.hasOwn(elements, identifier)) {
      return null;
    }
    elements[identifier] = value;
    text = text.slice(end);
    text = text.startsWith(SEPARATOR) ? text.slice(1) : text;
  }
  return elements;
}

function isSound(identifier, value, length) {
  if (!/^\d\d$/.test(identifier) || !value) {
    return false;
  }
  if (length) {
    const right = value.length === length && /^\d+$/.test(value);
    return right && (!CHECKED.includes(identifier) || hasCheckDigit(value));
  }
  return identifier !== "37" || /^\d{1,8}$/.test(value);
}

function hasCheckDigit(digits) {
  const weighted = [...digits].reverse().map((digit, place) => digit * (place % 2 ? 3 : 1));
  return weighted.reduce((sum, part) => sum + part, 0) % 10 === 0;
}
