// A code that is scanned anywhere on the page is looked up.
import { Scanner } from "./scanner.js";

const field = document.getElementById("scan-code");
new Scanner(field, (code) => {
  field.value = code;
  field.form.submit();
}, () => {});
