// Sends one file, with a line of its own on the page: a small one whole, a larger one in parts (tus), so that a line that is
// cut, or a page that is left, costs a part and not the file. Words stand in templates/evidence/_uploading.html.
"use strict";

export const LARGEST = 25 * 2 ** 20;
// Below this a second try of the whole takes no longer than asking how far it came; and it is one request, not four.
export const SMALL = 2 ** 20;
const PART = 2 ** 20;
const PAUSES = [1, 2, 4, 8, 15, 30, 60];
const DAY = 24 * 60 * 60 * 1000;

const place = document.querySelector("#uploading");
export const words = place.dataset;
const said = document.querySelector("#uploading-said");
const user = document.querySelector("#copies").dataset.user;
const filled = (text, percent) => text.replace("{percent}", `${percent}%`);
const share = (sent, total) => (total ? Math.floor((100 * sent) / total) : 0);

let running = 0;
addEventListener("beforeunload", (event) => { if (running) event.preventDefault(); });

// What a person sees of one file.
export class Line {
  constructor(list, file) {
    this.file = file;
    this.item = document.createElement("li");
    this.state = document.createElement("span");
    this.bar = document.createElement("progress");
    const name = document.createElement("span");
    name.className = "upload-name";
    name.textContent = file.name;
    this.state.className = "upload-state";
    this.bar.max = 100;
    this.bar.value = 0;
    this.bar.setAttribute("aria-label", words.progress.replace("{name}", file.name));
    this.item.append(name, this.state, this.bar);
    list.append(this.item);
    this.show(words.waiting);
  }

  show(text, percent) {
    if (percent !== undefined) this.bar.value = percent;
    this.state.textContent = text;
  }

  // A change that is told to those who can't see it.
  tell(text, kind = "") {
    this.item.dataset.state = kind;
    this.show(text);
    said.textContent = `${this.file.name}: ${text}`;
  }

  offer(buttons) {
    const old = this.item.querySelector(".upload-buttons"), focused = old?.contains(document.activeElement);
    old?.remove();
    if (!buttons.length) return;
    const row = document.createElement("span");
    row.className = "upload-buttons";
    for (const [label, act] of buttons) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button button--secondary";
      button.append(label);
      const name = document.createElement("span");
      name.className = "hidden";
      name.textContent = ` ${this.file.name}`;
      button.append(name);
      button.addEventListener("click", act);
      row.append(button);
    }
    this.item.append(row);
    if (focused) row.lastElementChild.focus();
  }

  end({ ok, text, url, label = words.passport }) {
    const focused = this.item.contains(document.activeElement);
    this.bar.remove();
    this.offer([]);
    this.tell(text, ok ? "done" : "failed");
    if (url) {
      const link = document.createElement("a");
      link.href = url;
      link.textContent = label;
      this.item.append(link);
    }
    if (focused) { this.item.tabIndex = -1; this.item.focus(); }
  }
}

// `whole`: {action, fields} of the plain form; `parts`: {endpoint, told, token}. Answers {ok, text, url, label} when it is over.
export async function deliver(file, line, { whole, parts }) {
  let result;
  running += 1;
  if (file.size > LARGEST) result = { ok: false, text: words.large };
  else if (file.size <= SMALL || !parts) result = await inOne(file, line, whole);
  else result = await new Resumable(file, line, parts).over;
  running -= 1;
  line.end(result);
  return result;
}

const inOne = (file, line, { action, fields }) => new Promise((resolve) => {
  const body = new FormData();
  for (const [name, value] of fields) if (typeof value === "string") body.append(name, value);
  body.append("file", file, file.name);
  const request = new XMLHttpRequest();
  request.open("POST", action);
  request.setRequestHeader("Accept", "application/json");
  request.responseType = "json";
  request.upload.addEventListener("progress", (event) => {
    const percent = share(event.loaded, event.total);
    line.show(percent < 100 ? filled(words.sending, percent) : words.checking, percent);
  });
  request.addEventListener("load", () => {
    const answer = request.response || {};
    if (request.status < 300 && answer.ok) resolve({ ok: true, text: words.done, url: answer.url });
    else resolve({ ok: false, text: answer.sentence || words.lost });
  });
  for (const broken of ["error", "abort", "timeout"]) {
    request.addEventListener(broken, () => resolve({ ok: false, text: words.lost }));
  }
  request.send(body);
});

// --- in parts

let library = null;

// Only who sends a large file fetches the program for it.
function tus() {
  library ||= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = words.library;
    script.addEventListener("load", () => resolve(window.tus));
    script.addEventListener("error", () => { library = null; script.remove(); reject(new Error("cut")); });
    document.head.append(script);
  });
  return library;
}

// The addresses of uploads that nobody went on with: the server has forgotten them after a day.
function forget() {
  try {
    for (const key of Object.keys(localStorage).filter((one) => one.startsWith("tus::certify "))) {
      const { creationTime } = JSON.parse(localStorage.getItem(key)) || {};
      if (!(Date.now() - Date.parse(creationTime) < DAY)) localStorage.removeItem(key);
    }
  } catch { /* A browser that keeps nothing has nothing to forget. */ }
}

class Resumable {
  constructor(file, line, { endpoint, told, token }) {
    Object.assign(this, { file, line, endpoint, told, token, tries: 0, percent: 0, cut: false, ended: false });
    this.over = new Promise((resolve) => { this.resolve = resolve; });
    this.online = () => this.again();
    addEventListener("online", this.online);
    this.buttons();
    this.begin();
  }

  end(result) {
    if (this.ended) return;
    this.ended = true;
    clearTimeout(this.timer);
    removeEventListener("online", this.online);
    this.resolve(result);
  }

  buttons() {
    // A button that somebody stands on stays where it is.
    if (this.drawn === this.cut) return;
    this.drawn = this.cut;
    const cancel = [words.cancel, () => this.cancel()];
    this.line.offer(this.cut ? [[words.retry, () => this.again()], cancel] : [cancel]);
  }

  async begin() {
    try {
      const { Upload } = await tus();
      this.upload ||= await this.prepared(Upload);
      if (!this.ended) this.upload.start();
    } catch {
      this.broke();
    }
  }

  async prepared(Upload) {
    forget();
    const upload = new Upload(this.file, {
      endpoint: this.endpoint,
      chunkSize: PART,
      // We wait and try by ourselves, so that the page can say so.
      retryDelays: null,
      metadata: this.told,
      headers: { Accept: "application/json", "X-CSRFToken": this.token },
      removeFingerprintOnSuccess: true,
      fingerprint: async (file, { endpoint }) => ["certify", user, file.name, file.size, file.lastModified, endpoint].join(" "),
      onAfterResponse: (request, response) => {
        const status = response.getStatus();
        // The library would forget where the bytes are, and begin anew, also when only the session has ended.
        if (request.getMethod() === "HEAD" && status >= 300 && ![404, 410].includes(status)) throw Object.assign(new Error("HEAD"), { status });
      },
      onProgress: (sent, total) => this.progress(share(sent, total)),
      onChunkComplete: (size, accepted, total) => { this.tries = 0; this.percent = share(accepted, total); },
      onError: (error) => this.failed(error),
      onSuccess: () => this.finished(),
    });
    const told = ({ filename, ...others }) => JSON.stringify(others);
    const empty = told(this.told) === told({ ...this.told, title: "", kind: "", pages: "", personal_data: "" });
    const before = (await upload.findPreviousUploads()).find((one) => empty || told(one.metadata) === told(this.told));
    if (before) {
      upload.resumeFromPreviousUpload(before);
      this.line.tell(words.resuming);
    }
    return upload;
  }

  progress(percent) {
    if (this.ended) return;
    if (this.cut) { this.cut = false; this.buttons(); this.line.tell(words.resuming); }
    this.line.show(percent < 100 ? filled(words.sending, percent) : words.checking, percent);
  }

  failed(error) {
    const response = error.originalResponse;
    const status = response?.getStatus() || error.causingError?.status || 0;
    let answer = {};
    try { answer = JSON.parse(response.getBody()); } catch { /* a proxy, or no answer at all */ }
    const passing = ["offset_mismatch", "upload_busy", "checksum_mismatch"].includes(answer.code);
    const door = `${words.signIn}?next=${encodeURIComponent(location.pathname)}`;
    if (status === 401) this.end({ ok: false, text: filled(words.signedout, this.percent), url: door, label: words.signInLabel });
    else if (answer.code === "csrf_failed") this.end({ ok: false, text: `${answer.sentence} ${filled(words.later, this.percent)}` });
    else if (passing || !answer.sentence || status >= 500 || [408, 429].includes(status)) this.broke();
    else this.end({ ok: false, text: answer.sentence });
  }

  broke() {
    if (this.ended) return;
    this.cut = true;
    this.buttons();
    this.line.tell(filled(navigator.onLine === false ? words.offline : words.cut, this.percent), "cut");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.again(), 1000 * PAUSES[Math.min(this.tries++, PAUSES.length - 1)]);
  }

  again() {
    if (!this.cut || this.ended) return;
    clearTimeout(this.timer);
    this.begin();
  }

  async finished() {
    try {
      const reply = await fetch(this.upload.url, { headers: { Accept: "application/json" } });
      const answer = await reply.json();
      if (answer.ok) this.end({ ok: true, text: words.done, url: answer.url });
      else if (reply.status < 500) this.end({ ok: false, text: answer.sentence || words.lost });
      else this.broke();
    } catch {
      this.broke();
    }
  }

  cancel() {
    this.upload?.abort(true).catch(() => {});
    this.end({ ok: false, text: words.cancelled });
  }
}
