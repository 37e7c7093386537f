// A scale at the serial port that speaks MT-SICS: `S` asks for a weight and waits until it is stable.
const ANSWER_MS = 8000;
const GRAMS = { g: 1, kg: 1000, lb: 453.59237, oz: 28.349523125 };

// What a line of the scale says: whole grams if it is stable and above nothing, or why it is not.
export function reading(line) {
  const [command, state, weight, unit] = line.trim().split(/\s+/);
  if (command !== "S" && command !== "SI") {
    return { problem: "Unread" };
  }
  if (state !== "S") {
    return { problem: { D: "Moves", I: "Busy", "+": "Heavy", "-": "Light" }[state] ?? "Unread" };
  }
  const grams = Math.round(Number(weight) * (GRAMS[unit] ?? NaN));
  return grams > 0 ? { grams } : { problem: Number.isNaN(grams) ? "Unread" : "Light" };
}

export class Scale {
  // `serial` is the browser's `navigator.serial`.
  constructor(serial) {
    Object.assign(this, { serial, port: null });
  }

  // One stable reading. The first time, a person chooses the port.
  async weigh() {
    try {
      await this.open();
      await this.write("S\r\n");
      return reading(await this.line());
    } catch (problem) {
      await this.close();
      return { problem: problem.name === "NotFoundError" ? "None" : "Away" };
    }
  }

  async open() {
    if (this.port) {
      return;
    }
    const [known] = await this.serial.getPorts();
    const port = known ?? (await this.serial.requestPort());
    await port.open({ baudRate: 9600 });
    this.port = port;
  }

  async write(text) {
    const writer = this.port.writable.getWriter();
    await writer.write(new TextEncoder().encode(text));
    writer.releaseLock();
  }

  async line() {
    const reader = this.port.readable.getReader();
    const timer = setTimeout(() => reader.cancel(), ANSWER_MS);
    let text = "";
    try {
      while (!text.includes("\n")) {
        const { value, done } = await reader.read();
        if (done) {
          throw new Error("the scale does not answer");
        }
        text += new TextDecoder().decode(value);
      }
      return text.slice(0, text.indexOf("\n"));
    } finally {
      clearTimeout(timer);
      reader.releaseLock();
    }
  }

  async close() {
    await this.port?.close().catch(() => {});
    this.port = null;
  }
}
