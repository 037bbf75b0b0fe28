// On every page of a signed-in person: says where unsaved text waits in this browser, and asks before signing out on it.
"use strict";

import { all, leftBehind, remove, timeOf } from "./copies.js";

const place = document.querySelector("#copies");
const user = place.dataset.user;

// Here its own form takes care of it; on its page without a form nothing else would show it.
const hasForm = (copy) => [...document.querySelectorAll("form[data-autosave]")].some((form) => new URL(form.action).pathname === copy.path);
const isHere = (copy) => new URL(copy.back, location.href).pathname === location.pathname;

function orphan(copy) {
  const part = place.querySelector("template").content.cloneNode(true).firstElementChild;
  part.querySelector("[data-label]").textContent = copy.label;
  part.querySelector("[data-time]").textContent = timeOf(copy.at);
  part.querySelector("[data-text]").textContent = copy.texts.join("\n\n");
  part.querySelector("[data-discard]").addEventListener("click", async () => { await remove(copy.id); show(); });
  return part;
}

async function show() {
  const copies = (await leftBehind(user)).filter((copy) => !hasForm(copy));
  const links = copies.filter((copy) => !isHere(copy)).map((copy) => {
    const item = document.createElement("li"), link = document.createElement("a");
    link.href = copy.back;
    link.textContent = `${copy.label}, ${timeOf(copy.at)}`;
    item.append(link);
    return item;
  });
  place.querySelector("[data-list]").replaceChildren(...links);
  place.querySelector("[data-orphans]").replaceChildren(...copies.filter(isHere).map(orphan));
  place.querySelector(".notice").hidden = !copies.length;
  place.hidden = !copies.length;
}

show().catch(() => {});
// A page that was just left may hold its copy for a moment.
setTimeout(() => show().catch(() => {}), 1500);

const dialog = place.querySelector("dialog");
const form = document.querySelector("form[action$='/sign-out']");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  // The forms of this page save what they can first.
  const waiting = [];
  document.dispatchEvent(new CustomEvent("certify:save", { detail: waiting }));
  await Promise.allSettled(waiting);
  const copies = await all(user).catch(() => []);
  if (!copies.length) { leave(); return; }
  dialog.querySelector("[data-labels]").textContent = [...new Set(copies.map((copy) => copy.label))].join(", ");
  dialog.querySelector("[data-back]").href = copies[0].back;
  place.querySelector(".notice").hidden = place.hidden;
  place.hidden = false;
  dialog.showModal();
});

function leave() {
  document.dispatchEvent(new CustomEvent("certify:leave"));
  HTMLFormElement.prototype.submit.call(form);
}

dialog.querySelector("[data-leave]").addEventListener("click", leave);
dialog.querySelector("[data-back]").addEventListener("click", () => dialog.close());
dialog.querySelector("[data-delete]").addEventListener("click", async () => {
  document.dispatchEvent(new CustomEvent("certify:leave"));
  for (const copy of await all(user).catch(() => [])) await remove(copy.id);
  leave();
});
