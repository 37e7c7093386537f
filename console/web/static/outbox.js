// What was scanned and not answered yet, and how the pickings of this device stand: kept in the
// browser, so that neither a reload nor a flat battery loses a scan. Nothing of it is a customer's.
const NAME = "packline-picking";

let opened = null;

function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("scans", { keyPath: "key" });
      request.result.createObjectStore("states", { keyPath: "task" });
      request.result.createObjectStore("device", { keyPath: "name" });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

// All of it is written, or nothing; it is on the disk when this is over.
async function write(stores, change) {
  const transaction = (await database()).transaction(stores, "readwrite", { durability: "strict" });
  const done = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
  const given = await change(transaction);
  await done;
  return given;
}

function result(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

// Keeps a scan under a key, with the next number of this device.
export function keep(scan) {
  return write(["scans", "device"], async (transaction) => {
    const devices = transaction.objectStore("device");
    const device = (await result(devices.get("this")))
      ?? { name: "this", id: crypto.randomUUID(), sequence: 0 };
    device.sequence += 1;
    devices.put(device);
    const kept = { ...scan, device: device.id, sequence: device.sequence };
    transaction.objectStore("scans").put(kept);
    return kept;
  });
}

// The scans of a person that nobody has answered, in the order in which they were made.
export async function unsentOf(person) {
  const scans = (await database()).transaction("scans").objectStore("scans");
  const all = await result(scans.getAll());
  return all.filter((one) => one.person === person).sort((a, b) => a.sequence - b.sequence);
}

export async function stateOf(task) {
  const states = (await database()).transaction("states").objectStore("states");
  return result(states.get(task));
}

export function saveState(state) {
  return write(["states"], (transaction) => transaction.objectStore("states").put(state) && null);
}

// An answer takes the scans off, and brings how the picking stands after them.
export function answered(keys, state) {
  return write(["scans", "states"], (transaction) => {
    for (const key of keys) {
      transaction.objectStore("scans").delete(key);
    }
    transaction.objectStore("states").put(state);
  });
}

// Forgets how other pickings of this device stand, but for those of which scans are still to be sent.
export function tidy(task) {
  return write(["scans", "states"], async (transaction) => {
    const scans = await result(transaction.objectStore("scans").getAll());
    const needed = new Set([task, ...scans.map((scan) => scan.task)]);
    for (const other of await result(transaction.objectStore("states").getAllKeys())) {
      if (!needed.has(other)) {
        transaction.objectStore("states").delete(other);
      }
    }
  });
}
