// Without a network, the page of a picking is that which the device has kept. With one, it is always
// the server's.
const STORE = "packline-picking";
const PATIENCE_MS = 4000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) {
    return;
  }
  if (url.pathname.startsWith("/static/")) {
    event.respondWith(kept(request).then((file) => file ?? fetch(request)));
  } else if (request.mode === "navigate") {
    event.respondWith(fresh(request));
  }
});

async function kept(request) {
  return (await caches.open(STORE)).match(request, { ignoreSearch: true });
}

async function fresh(request) {
  const page = await kept(request);
  const asked = fetch(request);
  if (!page) {
    return asked;
  }
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, page));
  const answered = asked.then((answer) => (answer.status < 500 ? answer : page), () => page);
  return Promise.race([answered, late]);
}
