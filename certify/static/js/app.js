// What every page gains when scripts run: the error summary takes the focus, long texts count their characters,
// the account menu closes on Escape. Without scripts nothing is missing but the comfort.
"use strict";

const summary = document.querySelector("[data-focus]");
if (summary) {
  summary.focus();
}

const numbers = new Intl.NumberFormat(document.documentElement.lang);

function count(field) {
  const place = document.querySelector(`[data-count-for="${CSS.escape(field.id)}"]`);
  if (place) {
    place.textContent = field.value ? `${numbers.format(field.value.length)} · ` : "";
  }
}

for (const field of document.querySelectorAll("textarea[data-limit]")) {
  count(field);
  field.addEventListener("input", () => count(field));
}

document.addEventListener("keydown", (event) => {
  const menu = document.querySelector("details.account[open]");
  if (event.key === "Escape" && menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
