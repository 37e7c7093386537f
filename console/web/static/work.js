// The list of work stays true while it is looked at: the server says when it has changed, and where
// that does not come through, the page asks by itself.
const list = document.getElementById("list");
const POLL_MS = 15_000;
let poll = 0;

async function refresh() {
  const headers = { "Accept": "text/html", "X-By-Itself": "1" };
  const answer = await fetch(list.dataset.list, { headers });
  if (answer.redirected || answer.status === 403) {
    location.reload(); // signed out meanwhile
  } else if (answer.ok) {
    show(await answer.text());
  }
}

function show(html) {
  const focused = document.activeElement?.closest("#list a")?.getAttribute("href");
  list.innerHTML = html;
  if (focused) {
    list.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  }
}

function quietly() {
  refresh().catch(() => {}); // the network is away: the next look tells
}

function listen() {
  const stream = new EventSource(list.dataset.stream);
  stream.addEventListener("tasks", quietly);
  stream.addEventListener("open", () => {
    clearInterval(poll);
    poll = 0;
    quietly(); // what has happened meanwhile was not heard
  });
  stream.addEventListener("error", () => {
    poll ||= setInterval(quietly, POLL_MS);
  });
}

document.addEventListener("visibilitychange", () => document.hidden || quietly());
listen();
