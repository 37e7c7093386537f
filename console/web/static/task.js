// A form is sent once, however often its button is pressed, and its problems are read out first.
for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
    }
    form.dataset.sent = "1";
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form")) {
    delete form.dataset.sent; // came back by the browser's Back
  }
});
document.getElementById("problems")?.focus();
