// Labels appear as soon as they are there.
const list = document.getElementById("papers");
const POLL_MS = 1500;

async function look() {
  const headers = { Accept: "text/html", "X-By-Itself": "1" };
  const answer = await fetch(list.dataset.list, { headers });
  if (answer.redirected) {
    location.reload(); // signed out meanwhile
  } else if (answer.ok) {
    const html = await answer.text();
    if (html !== list.innerHTML) {
      list.innerHTML = html;
    }
  }
}

async function wait() {
  while (document.querySelector("[data-waiting]")) {
    await new Promise((over) => setTimeout(over, POLL_MS));
    await look().catch(() => {}); // the network is away: the next look tells
  }
}

wait();
