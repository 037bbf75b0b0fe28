// Sends files of a form marked data-upload one by one, each with its own progress bar, also when they are dropped on it.
// The server judges each file as it judges the plain form, which works without this.
"use strict";

const LARGEST = 25 * 2 ** 20;

for (const form of document.querySelectorAll("form[data-upload]")) {
  const words = form.dataset;
  const field = form.querySelector("input[type=file]");
  const list = form.querySelector("[data-upload-list]");
  const said = form.querySelector("[data-upload-said]");
  const again = form.querySelector("[data-upload-again]");
  const drop = form.querySelector("[data-upload-drop]");
  const waiting = [];
  let running = false;
  if (drop) drop.hidden = false;

  const line = (file) => {
    const item = document.createElement("li");
    const name = document.createElement("span");
    const state = document.createElement("span");
    const bar = document.createElement("progress");
    name.className = "upload-name";
    name.textContent = file.name;
    state.className = "upload-state";
    state.textContent = words.waiting;
    bar.max = 100;
    bar.value = 0;
    bar.setAttribute("aria-label", words.progress.replace("{name}", file.name));
    item.append(name, state, bar);
    list.append(item);
    return { item, state, bar };
  };

  const end = ({ item, state, bar }, file, kind, text, address) => {
    bar.remove();
    item.dataset.state = kind;
    state.textContent = text;
    if (address) {
      if (again) again.hidden = false;
      const link = document.createElement("a");
      link.href = address;
      link.textContent = words.passport;
      item.append(link);
    }
    said.textContent = `${file.name}: ${text}`;
  };

  const send = (file, place) => new Promise((resolve) => {
    const body = new FormData();
    for (const [name, value] of new FormData(form)) if (typeof value === "string") body.append(name, value);
    body.append("file", file, file.name);
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      const percent = event.total ? Math.floor((100 * event.loaded) / event.total) : 0;
      place.bar.value = percent;
      place.state.textContent = percent < 100 ? words.sending.replace("{percent}", `${percent}%`) : words.checking;
    });
    request.addEventListener("load", () => {
      const answer = request.response || {};
      if (request.status < 300 && answer.ok) end(place, file, "done", words.done, answer.url);
      else end(place, file, "failed", answer.sentence || words.lost);
      resolve();
    });
    for (const broken of ["error", "abort", "timeout"]) {
      request.addEventListener(broken, () => { end(place, file, "failed", words.lost); resolve(); });
    }
    request.send(body);
  });

  const work = async () => {
    if (running) return;
    running = true;
    while (waiting.length) {
      const [file, place] = waiting.shift();
      if (file.size > LARGEST) end(place, file, "failed", words.large);
      else await send(file, place);
    }
    running = false;
  };

  const take = (files) => {
    for (const file of files) waiting.push([file, line(file)]);
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
  addEventListener("beforeunload", (event) => { if (running) event.preventDefault(); });
}
