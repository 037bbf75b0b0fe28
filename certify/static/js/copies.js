// The local copies of texts that the server has not confirmed: one per person, form and open page, in IndexedDB.
// Not in localStorage: Chromium writes that to disk seconds later, so that a killed browser forgets the last sentences.
"use strict";

const STORE = "copies";
const OLD = 30 * 24 * 3600 * 1000;
const LOCK = "certify page ";
// Names this open page; crypto.randomUUID would need https, which a centre's own network may not have.
export const page = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;

// While the page lives it holds a lock, so that no other one takes its text for left behind.
navigator.locks?.request(LOCK + page, () => new Promise(() => {}));

export async function livingPages() {
  const held = (await navigator.locks?.query())?.held || [];
  return new Set(held.map((lock) => lock.name).filter((name) => name.startsWith(LOCK)).map((name) => name.slice(LOCK.length)));
}

const answered = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = request.onblocked = () => reject(request.error);
});

let opened;
function database() {
  if (!opened) {
    const request = indexedDB.open("certify", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
    opened = answered(request);
    opened.then((base) => { base.onversionchange = () => base.close(); }, () => { opened = undefined; });
  }
  return opened;
}

const run = async (mode, act) => answered(act((await database()).transaction(STORE, mode).objectStore(STORE)));

export const put = (copy) => run("readwrite", (store) => store.put(copy));
export const remove = (id) => run("readwrite", (store) => store.delete(id));

// The person's own copies, newest first. Old ones of anybody are removed on the way.
export async function all(user) {
  const found = await run("readonly", (store) => store.getAll());
  const old = found.filter((copy) => !(copy.at > Date.now() - OLD));
  for (const copy of old) await remove(copy.id);
  return found.filter((copy) => copy.user === user && !old.includes(copy)).sort((one, other) => other.at - one.at);
}

// Those that no open page is about to save.
export async function leftBehind(user) {
  const living = await livingPages();
  return (await all(user)).filter((copy) => !living.has(copy.page));
}

// In Polish time, as every other moment on the pages.
export function timeOf(at) {
  const say = (parts, moment) => new Intl.DateTimeFormat(document.documentElement.lang, { timeZone: "Europe/Warsaw", ...parts }).format(moment);
  const clock = { hour: "numeric", minute: "2-digit" }, date = { day: "numeric", month: "short" };
  return say(say(date, at) === say(date, Date.now()) ? clock : { ...date, ...clock }, at);
}
