// A scanner types the badge and Enter: that goes on to the PIN, and the form is sent after the PIN.
const badge = document.getElementById("badge");
badge.addEventListener("keydown", (event) => {
  if (event.key === "Enter" || event.key === "Tab") {
    event.preventDefault();
    document.getElementById("pin").focus();
  }
});
