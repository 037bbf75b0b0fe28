// The library's form, marked data-upload: files go one by one, each with its own progress, also when they are dropped on it.
// The server judges each file as it judges the plain form, which works without this.
"use strict";

import { Line, deliver } from "./uploading.js";

for (const form of document.querySelectorAll("form[data-upload]")) {
  const field = form.querySelector("input[type=file]");
  const list = form.querySelector("[data-upload-list]");
  const again = form.querySelector("[data-upload-again]");
  const drop = form.querySelector("[data-upload-drop]");
  const waiting = [];
  let running = false;
  if (drop) drop.hidden = false;

  const send = async (file, line) => {
    const fields = new FormData(form);
    const told = { filename: file.name };
    if (fields.get("organisation")) told.organisation = fields.get("organisation");
    const parts = { endpoint: new URL(form.dataset.upload, location.href).href, told, token: fields.get("csrf_token") };
    const { ok } = await deliver(file, line, { whole: { action: form.action, fields }, parts });
    if (ok && again) again.hidden = false;
  };

  const work = async () => {
    if (running) return;
    running = true;
    while (waiting.length) await send(...waiting.shift());
    running = false;
  };

  const take = (files) => {
    for (const file of files) waiting.push([file, new Line(list, file)]);
    work();
  };

  form.addEventListener("submit", (event) => {
    if (!field.files.length) return;
    event.preventDefault();
    take([...field.files]);
    field.value = "";
  });
  form.addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("upload--over"); });
  form.addEventListener("dragleave", () => form.classList.remove("upload--over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("upload--over");
    take([...event.dataTransfer.files]);
  });
}
