// What a scan does to a picking: the server's rules once more, so that a page without a network
// counts as it will (services/scanning/scans.py). The server has the last word.
import { goodsOf, plain } from "./codes.js";

const NAME_SIGNS = 40;
const TOTE = /^PLT-[A-Z0-9][A-Z0-9-]{0,27}$/i;

export const COUNTS = ["counted", "line-done", "at-bin", "in-tote", "undone", "short", "skipped"];

export function isSettled(line) {
  return line.counted === line.asked || Boolean(line.why);
}

export function lineOf(state) {
  return state.lines.find((line) => !isSettled(line));
}

// The state after scans that the server has not answered yet.
export function after(state, scans) {
  const next = structuredClone(state);
  for (const scan of scans) {
    apply(next, scan);
  }
  return next;
}

// Changes the state, and returns what came of the scan and what its sentence is made of.
export function apply(state, scan) {
  switch (scan.act) {
    case "undo": return undo(state, scan);
    case "short": return short(state, scan);
    case "skip": return skip(state, scan);
    case "returned":
      state.in_hand = [];
      return { result: "returned", values: {} };
    default: return code(state, scan);
  }
}

function code(state, scan) {
  const goods = goodsOf(state.lines, scan.raw);
  if (goods) {
    return pieces(state, scan, goods);
  }
  const text = plain(scan.raw).trim();
  const here = state.lines.filter((line) => line.bin && line.bin === text);
  if (!here.length && TOTE.test(text)) {
    return { result: "in-tote", values: { tote: text.toUpperCase(), shipment: nameOf(state) } };
  }
  return here.length ? atBin(state, here) : { result: "unknown-code", values: { code: shortName(scan.raw) } };
}

function nameOf({ order, shipment }) {
  return shipment === 1 ? `${order}` : `${order}.${shipment}`;
}

function pieces(state, scan, { line, pieces: number }) {
  const left = line.asked - line.counted;
  if (!left) {
    return told("surplus", line);
  }
  if (state.bins_first && line.bin && !line.bin_seen) {
    return told("bin-first", line);
  }
  if (number > left) {
    return told("surplus-case", line, { left, pieces: number });
  }
  line.counted += number;
  state.undoable.push({ key: scan.key, sku: line.sku, pieces: number });
  if (line.counted < line.asked) {
    return told("counted", line);
  }
  line.why = null;
  return told("line-done", line);
}

function atBin(state, here) {
  for (const line of here) {
    line.bin_seen = true;
  }
  const wanted = here.find((line) => !isSettled(line));
  if (wanted) {
    return told("at-bin", wanted);
  }
  const next = lineOf(state);
  return next
    ? { result: "wrong-bin", values: { bin: here[0].bin, expected: next.bin } }
    : { result: "not-listed", values: {} };
}

function undo(state, scan) {
  const place = state.undoable.findLastIndex((one) => !scan.undoes || one.key === scan.undoes);
  const undone = state.undoable[place];
  const line = state.lines.find((one) => one.sku === undone?.sku);
  if (!line || line.counted < undone.pieces) {
    return { result: "nothing-to-undo", values: {} };
  }
  state.undoable.splice(place, 1);
  line.counted -= undone.pieces;
  if (!undone.pieces) {
    line.why = null;
  }
  return told("undone", line);
}

function short(state, scan) {
  const line = named(state, scan);
  if (!line) {
    return { result: "not-listed", values: {} };
  }
  if (line.counted === line.asked) {
    return told("nothing-short", line);
  }
  line.why = scan.why;
  state.undoable.push({ key: scan.key, sku: line.sku, pieces: 0 });
  return told("short", line);
}

function skip(state, scan) {
  const line = named(state, scan);
  if (!line) {
    return { result: "not-listed", values: {} };
  }
  state.lines.splice(state.lines.indexOf(line), 1);
  state.lines.push(line);
  return told("skipped", line);
}

function named(state, scan) {
  return scan.sku ? state.lines.find((line) => line.sku === scan.sku) : lineOf(state);
}

function told(result, line, more = {}) {
  const { counted, asked, bin } = line;
  return { result, values: { counted, asked, bin, name: shortName(line.name), ...more } };
}

function shortName(name) {
  const signs = [...name];
  return signs.length <= NAME_SIGNS ? name : `${signs.slice(0, NAME_SIGNS - 1).join("")}…`;
}
