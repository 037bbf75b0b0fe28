// Saves each criterion's form a moment after typing, and never lets go of a text before the server has confirmed it.
// The form's own button works without this. Words and parts stand in templates/answers/_saving.html.
"use strict";

import * as copies from "./copies.js";
import { fresh, send } from "./sending.js";
import { choice, pairs } from "./saving_parts.js";

const REST = 1200;
const LONGEST = 5000;
const PAUSES = [2, 4, 8, 15, 30, 60];
// States in which something is not saved and a person should know, wherever on the page they are.
const TROUBLE = new Set(["offline", "busy", "signedout", "other", "conflict", "refused", "closed", "waiting"]);
// Those that another try may end.
const AGAIN = new Set(["offline", "busy", "signedout", "other"]);

const words = document.querySelector("#saving").dataset;
const bar = document.querySelector("#save-bar");
const user = document.querySelector("#copies").dataset.user;
const keepers = [];
let stored = true;

const filled = (text, parts) => text.replace(/\{(\w+)\}/g, (whole, name) => parts[name] ?? whole);
// As the server gives back what a page can't hold.
const visible = (text) => text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|\p{Surrogate}/gu, "\ufffd");

class Keeper {
  constructor(form) {
    this.form = form;
    this.names = form.dataset.fields.split(" ");
    this.path = new URL(form.getAttribute("action"), location.href).pathname;
    this.card = form.closest("article").id;
    this.id = `${user} ${this.path} ${copies.page}`;
    this.line = form.querySelector("[data-save-state]");
    this.first = [...this.line.cloneNode(true).childNodes];
    this.version = form.querySelector("[name=version]");
    // A browser that restores fields restores them over the server's: what the page brought is what counts.
    form.autocomplete = "off";
    this.version.value = this.version.defaultValue;
    this.base = this.told(form.dataset.stored ? JSON.parse(form.dataset.stored) : this.brought());
    this.held = "conflict" in form.dataset;
    this.sent = [];
    this.tries = this.begun = this.timer = 0;
    this.state = "";
    form.addEventListener("input", (event) => { if (this.names.includes(event.target.name)) this.changed(); });
    form.addEventListener("submit", (event) => this.pressed(event));
    if (form.dataset.stored && this.dirty) { this.keep(); this.show(this.held ? "conflict" : "waiting"); }
  }

  fields(name) { return this.form.querySelectorAll(`[name="${CSS.escape(name)}"]`); }

  brought() {
    return Object.fromEntries(this.names.map((name) => {
      const fields = [...this.fields(name)], chosen = fields.filter((field) => field.type !== "radio" || field.defaultChecked);
      const value = chosen.length ? (chosen[0].type === "radio" ? chosen[0].value : chosen[0].defaultValue) : "";
      return [name, value];
    }));
  }

  get values() {
    const data = new FormData(this.form);
    return Object.fromEntries(this.names.map((name) => [name, String(data.get(name) ?? "").replaceAll("\r\n", "\n")]));
  }

  // One text for what is the same answer to the server: a reason counts only beside "not applicable".
  told(values) {
    const [points, reason, ...others] = this.names.map((name) => values[name] ?? "");
    return JSON.stringify([points, points === "na" ? reason.trim() : "", ...others]);
  }

  get dirty() { return this.told(this.values) !== this.base; }

  // --- what the person sees

  show(state, parts = {}) {
    this.state = state;
    this.since = this.since && TROUBLE.has(state) ? this.since : Date.now();
    this.line.dataset.state = TROUBLE.has(state) ? "failed" : state;
    const said = filled(words[state === "waiting" ? "unsaved" : state], parts);
    if (this.line.textContent !== said) this.line.textContent = said;
    this.help();
    drawBar();
  }

  help() {
    const old = this.form.querySelector(".save-help");
    // A button that somebody stands on stays where it is.
    if (old?.dataset.of === this.state) return;
    const focused = old?.contains(document.activeElement);
    old?.remove();
    if (focused) { this.line.tabIndex = -1; this.line.focus(); }
    if (!TROUBLE.has(this.state)) return;
    const part = document.querySelector("#saving-help").content.cloneNode(true).firstElementChild;
    part.dataset.of = this.state;
    part.querySelector("[data-kept]").textContent = stored ? words.kept : words.lost;
    const again = part.querySelector("[data-retry]"), door = part.querySelector("[data-sign-in]");
    again.hidden = !AGAIN.has(this.state);
    again.addEventListener("click", () => this.save());
    door.hidden = !["signedout", "other"].includes(this.state);
    door.href = this.door;
    door.addEventListener("click", () => { leaving = true; });
    this.line.after(part);
  }

  get door() { return `${words.signIn}?next=${encodeURIComponent(`${location.pathname}#${this.card}`)}`; }

  // --- the copy in this browser

  keep() {
    const values = this.values;
    const texts = this.names.filter((name) => name.startsWith("narrative-")).map((name) => values[name]).filter(Boolean);
    copies.put({
      id: this.id, user, path: this.path, page: copies.page, back: `${location.pathname}#${this.card}`,
      label: `${this.card} (${words.case})`, at: Date.now(), base: this.base, values, texts, sent: this.sent,
    }).then(() => { stored = true; }, () => { stored = false; });
  }

  changed() {
    if (!this.dirty && !this.running && !this.sent.length) { this.settled(); return; }
    this.keep();
    if (this.held) { this.show("conflict"); return; }
    if (!AGAIN.has(this.state)) this.show("unsaved");
    this.tries = 0;
    this.begun ||= Date.now();
    this.later(Math.max(0, Math.min(REST, this.begun + LONGEST - Date.now())));
  }

  // What was typed was taken back again: nothing is left to save.
  settled() {
    clearTimeout(this.timer);
    this.begun = 0;
    this.held = false;
    this.conflict?.remove();
    copies.remove(this.id).catch(() => {});
    this.show("saved", { time: this.savedAt });
    if (!this.savedAt) this.line.replaceChildren(...this.first.map((node) => node.cloneNode(true)));
  }

  later(pause) { clearTimeout(this.timer); this.timer = setTimeout(() => this.save(), pause); }

  // --- saving: one request at a time, each with what the fields hold when it starts

  save() {
    clearTimeout(this.timer);
    this.running ||= this.attempt().finally(() => { this.running = null; });
    return this.running;
  }

  // All that is typed now is saved, or the state says why not.
  async flush() {
    if (this.running) await this.running;
    if (this.held) return "conflict";
    return this.dirty || this.sent.length ? this.save() : "saved";
  }

  async attempt() {
    if (this.held) return "conflict";
    const values = this.values, told = this.told(values), trouble = TROUBLE.has(this.state);
    this.begun = 0;
    this.sent = [...this.sent.filter((one) => one !== told), told].slice(-12);
    this.keep();
    if (!trouble || this.state === "refused") this.show("saving");
    const reply = await send(this.path, { ...values, version: this.version.value, writer: user }, this.form, user);
    return this[`on_${reply.kind}`](reply, told);
  }

  on_saved(reply, told) {
    this.version.value = reply.version;
    this.base = told;
    this.sent = [];
    this.tries = 0;
    this.savedAt = reply.saved_at;
    for (const name of this.names) for (const field of this.fields(name)) field.removeAttribute("aria-invalid");
    if (this.dirty) { this.keep(); this.show("unsaved"); this.later(REST); return "saved"; }
    copies.remove(this.id).catch(() => {});
    this.since = 0;
    this.show(this.restoring ? "restored" : "saved", { time: reply.saved_at });
    this.restoring = false;
    return "saved";
  }

  on_again(reply) {
    this.show(reply.state);
    const pause = PAUSES[Math.min(this.tries++, PAUSES.length - 1)] * 1000;
    if (reply.state === "offline" || reply.state === "busy") this.later(pause);
    return "failed";
  }

  on_refused(reply, told) {
    this.sent = this.sent.filter((one) => one !== told);
    this.show(reply.closed ? "closed" : "refused", { why: reply.why });
    for (const name of reply.fields) for (const field of this.fields(name)) field.setAttribute("aria-invalid", "true");
    return "refused";
  }

  on_conflict(reply) {
    const theirs = reply.theirs, told = this.told(theirs.values);
    if (this.sent.includes(told)) {
      // My own earlier text, whose reply was lost on the way.
      this.version.value = theirs.version;
      this.base = told;
      this.sent = [];
      return this.attempt();
    }
    this.held = true;
    this.show("conflict");
    const who = filled(words.theirs, { who: theirs.own ? words.you : theirs.who, time: theirs.saved_at });
    const take = (values) => {
      this.held = false;
      this.version.value = theirs.version;
      this.base = told;
      this.sent = [];
      if (values) { this.fill(values); this.savedAt = theirs.saved_at; this.settled(); } else this.save();
    };
    const shown = pairs(this, theirs.values, this.values, who, words.mine);
    this.conflict = choice(this, "saving-conflict", {}, shown, () => take(null), () => take(theirs.values));
    return "conflict";
  }

  async pressed(event) {
    if (this.passing || (!this.running && !this.dirty && !this.sent.length)) return;
    event.preventDefault();
    if (this.waiting) return;
    this.waiting = true;
    const outcome = await this.flush();
    // A form ignores a second submission while the first event is still being handled.
    await new Promise((resolve) => { setTimeout(resolve); });
    this.waiting = false;
    if (outcome === "failed" || this.state === "closed") { this.form.querySelector(".save-help :is(a, button):not([hidden])")?.focus(); return; }
    // Saved, or the server's page says what is wrong beside the field and shows both texts.
    this.passing = leaving = true;
    this.form.requestSubmit(event.submitter);
    setTimeout(() => { this.passing = leaving = false; }, 3000);
  }

  // --- what an earlier page left behind

  fill(values) {
    for (const [name, value] of Object.entries(values)) {
      for (const field of this.fields(name)) {
        if (field.type === "radio") field.checked = field.value === value;
        else field.value = value;
        field.dispatchEvent(new Event("input")); // it does not bubble: the counter hears it, this form does not
      }
    }
  }

  async take(copy) {
    const told = this.told(copy.values), mine = this.told(this.values);
    if (told === this.base) { await copies.remove(copy.id); return; }
    if (told === mine || visible(told) === visible(mine)) {
      this.fill(copy.values);
      this.sent = [...copy.sent];
      this.keep();
      await copies.remove(copy.id);
    } else if (!this.dirty && !this.held && (copy.base === this.base || copy.sent.includes(this.base))) {
      this.restoring = true;
      this.use(copy);
    } else this.offer(copy);
  }

  async use(copy) {
    this.fill(copy.values);
    this.sent = [...copy.sent];
    this.keep();
    await copies.remove(copy.id).catch(() => {});
    return this.held ? this.show("conflict") : this.save();
  }

  offer(copy) {
    if (this.form.parentElement.querySelector(`[data-copy="${CSS.escape(copy.id)}"]`)) return;
    const time = copies.timeOf(copy.at);
    const shown = pairs(this, this.values, copy.values, words.current, filled(words.copy, { time }));
    const part = choice(this, "saving-offer", { time }, shown, () => this.use(copy), () => copies.remove(copy.id));
    part.dataset.copy = copy.id;
  }
}

let leaving = false;

function drawBar() {
  const late = (one) => one.state !== "saved" && one.state !== "restored" && one.dirty && Date.now() - one.since > LONGEST;
  const bad = keepers.filter((one) => TROUBLE.has(one.state) || late(one));
  const drawn = bad.map((one) => `${one.card} ${one.state}`).join();
  if (drawn === bar.dataset.drawn) return;
  bar.dataset.drawn = drawn;
  const links = bad.map((one) => {
    const link = document.createElement("a");
    link.href = `#${one.card}`;
    link.textContent = one.card;
    return link;
  });
  const place = bar.querySelector("[data-links]");
  place.replaceChildren(...links.flatMap((link, at) => (at ? [", ", link] : [link])));
  const outside = bad.find((one) => ["signedout", "other"].includes(one.state));
  bar.querySelector("[data-retry]").hidden = !!outside || !bad.some((one) => AGAIN.has(one.state));
  bar.querySelector("[data-sign-in]").hidden = !outside;
  if (outside) bar.querySelector("[data-sign-in]").href = outside.door;
  bar.hidden = !bad.length;
}

const tryAll = () => { for (const one of keepers) if (AGAIN.has(one.state) && !one.running) one.save(); };
const saveNow = () => { for (const one of keepers) if (one.dirty && !one.running && !AGAIN.has(one.state) && one.state !== "refused" && one.state !== "closed") one.save(); };

async function gather() {
  for (const copy of await copies.leftBehind(user)) await keepers.find((one) => one.path === copy.path)?.take(copy);
}

for (const form of document.querySelectorAll("form[data-autosave]")) keepers.push(new Keeper(form));
drawBar();
gather().catch(() => { stored = false; });
// A page that was just left may hold its copy for a moment.
setTimeout(() => gather().catch(() => {}), 1500);
setInterval(drawBar, 1000);

bar.querySelector("[data-retry]").addEventListener("click", tryAll);
bar.querySelector("[data-sign-in]").addEventListener("click", () => { leaving = true; });
addEventListener("online", tryAll);
addEventListener("pageshow", () => { for (const one of keepers) if (one.dirty && !one.held && !one.state) one.changed(); });
document.addEventListener("visibilitychange", () => { if (document.hidden) saveNow(); else tryAll(); });
document.addEventListener("certify:save", (event) => { for (const one of keepers) event.detail.push(one.flush()); });
document.addEventListener("certify:leave", () => { leaving = true; });
addEventListener("pagehide", () => {
  for (const one of keepers) if (one.dirty && !one.held && !one.passing) fresh(one.path, { ...one.values, version: one.version.value, writer: user }, one.form);
});
addEventListener("beforeunload", (event) => { if (!leaving && keepers.some((one) => TROUBLE.has(one.state) && one.dirty)) event.preventDefault(); });
