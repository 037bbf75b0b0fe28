// A large file for a criterion goes in parts while one goes on writing; a small one, and all without scripts, by the form.
"use strict";

import { LARGEST, Line, SMALL, deliver, words } from "./uploading.js";

const PASSPORT = ["title", "kind", "pages", "personal_data"];
let queue = Promise.resolve();

// Before the script that saves the answer sees the button: that one would send the form.
document.addEventListener("submit", (event) => {
  const button = event.submitter, form = event.target;
  const file = button?.dataset.parts && form.querySelector("input[type=file]").files[0];
  if (!file || file.size <= SMALL) return;
  event.preventDefault();
  event.stopPropagation();
  const line = new Line(listOf(form, button), file);
  const values = new FormData(form);
  const told = Object.fromEntries([["filename", file.name], ...PASSPORT.map((name) => [name, values.get(name) || ""])]);
  const parts = { endpoint: new URL(button.dataset.parts, location.href).href, told, token: values.get("csrf_token") };
  form.querySelector("input[type=file]").value = "";
  queue = queue.then(async () => {
    const { ok } = await deliver(file, line, { parts });
    if (!ok) return;
    if (file.size <= LARGEST) clear(form, told);
    await show(form.closest("article")).catch(() => {});
  });
}, true);

function listOf(form, button) {
  const body = button.closest(".details-body");
  let list = body.querySelector(".upload-list");
  if (!list) {
    list = document.createElement("ul");
    list.className = "upload-list";
    list.setAttribute("aria-label", words.list);
    body.prepend(list);
  }
  return list;
}

// What was said of this file is not said of the next one, unless somebody has written it meanwhile.
function clear(form, told) {
  for (const name of PASSPORT) {
    const field = form.elements[name];
    if (field.type === "checkbox") field.checked = false;
    else if (field.value === told[name]) field.value = "";
  }
}

// The new piece in the list, and whether the criterion is ready now, as the server draws them.
async function show(card) {
  const reply = await fetch(words.page, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  const fresh = page.getElementById(card.id);
  for (const part of [".criterion-line", ".criterion-evidence > h3 + *"]) {
    card.querySelector(part).replaceWith(document.importNode(fresh.querySelector(part), true));
  }
}
