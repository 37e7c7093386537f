// What was scanned and is not sent yet goes out from every page of its person, and is in sight there.
import { unsentOf } from "./outbox.js";
import { Sender } from "./sender.js";

const sign = document.getElementById("not-sent");
const { person, formToken, one, many, late, leave } = sign.dataset;
let number = 0;

async function show() {
  number = (await unsentOf(person)).length;
  if (number || !sign.dataset.told) {
    sign.hidden = !number;
    sign.textContent = number === 1 ? one : many.replace("{count}", number);
  }
}

function answered(task, answers) {
  if (answers.some((answer) => answer.late)) {
    const link = document.createElement("a");
    link.href = `/tasks/${task}`;
    link.textContent = late;
    sign.replaceChildren(link);
    sign.hidden = false;
    sign.dataset.told = "1";
  }
  show();
}

document.querySelector("form[action='/sign-out']")?.addEventListener("submit", (event) => {
  if (number && !sign.dataset.warned) {
    event.preventDefault();
    sign.dataset.warned = "1";
    sign.textContent = leave;
    setTimeout(() => delete event.target.dataset.sent); // it was not
  }
});

new Sender(person, formToken, answered, show).send();
show();
