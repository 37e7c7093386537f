// Keeps the page of a picking and its files on the device, so that a reload works without a network.
const OWN = ["picking.js", "codes.js", "outbox.js", "rules.js", "scanner.js", "sender.js", "offline.js",
  "sounds.js", "style.css", "icon.svg"];
const STORE = "packline-picking";

export async function keepPage() {
  if (!("serviceWorker" in navigator)) {
    return;
  }
  await navigator.serviceWorker.register("/tasks/worker.js", { scope: "/tasks/" });
  const store = await caches.open(STORE);
  const files = OWN.map((name) => new URL(name, import.meta.url).href);
  for (const old of await store.keys()) {
    const isFile = new URL(old.url).pathname.startsWith("/static/");
    if (!isFile || !files.includes(old.url)) {
      await store.delete(old); // of an earlier version, or another picking
    }
  }
  const missing = [];
  for (const file of files) {
    if (!(await store.match(file))) {
      missing.push(file);
    }
  }
  await store.addAll([...missing, location.pathname]);
  document.documentElement.dataset.kept = "1";
}
