// Saves a form marked data-autosave a moment after typing stops. The text stays in sessionStorage, with the version that
// it began from, until the server has confirmed it. Text kept over a newer version goes back with its own old version,
// so that the server reports the conflict instead of overwriting a colleague. The button "Save" works without this.
"use strict";

for (const form of document.querySelectorAll("form[data-autosave]")) {
  const state = form.querySelector("[data-save-state]") || document.createElement("p");
  const version = form.querySelector("[name=version]") || document.createElement("input");
  const address = form.dataset.autosave || form.action;
  const key = `draft:${address}`;
  let timer = 0, dirty = false, running = false;

  const show = (name, text) => { state.dataset.state = name; state.textContent = text; };
  const values = () => [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !["csrf_token", "version"].includes(name)).map(([name, value]) => [name, value.replaceAll("\r\n", "\n")]);
  const keep = (sent) => { try { sessionStorage.setItem(key, JSON.stringify({ version: version.value, values: values(), sent })); } catch { /* private window: the server's copy is all there is */ } };

  const restore = () => {
    const kept = JSON.parse(sessionStorage.getItem(key) || "null");
    const arrived = kept && (JSON.stringify(kept.values) === JSON.stringify(values()) || (kept.sent && kept.version !== version.value));
    if (!kept || arrived) { sessionStorage.removeItem(key); return; }
    for (const [name, value] of kept.values) {
      for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
        if (["radio", "checkbox"].includes(field.type)) field.checked = field.value === value;
        else field.value = value;
        field.dispatchEvent(new Event("input")); // it does not bubble: the counter hears it, this form does not
      }
    }
    version.value = kept.version;
    dirty = true;
    show("restored", state.dataset.restored);
  };

  const save = async () => {
    if (running) { timer = setTimeout(save, 500); return; }
    running = true;
    dirty = false;
    show("saving", state.dataset.saving);
    try {
      const body = new FormData(form);
      // A chosen file travels only when its own button is pressed.
      for (const [name, value] of [...body]) if (typeof value !== "string") body.delete(name);
      const reply = await fetch(address, { method: "POST", body, headers: { "X-Requested-With": "autosave", Accept: "application/json" }, redirect: "error" });
      const answer = await reply.json();
      if (!reply.ok) throw new Error(answer.sentence || "");
      version.value = answer.version;
      if (!dirty) { sessionStorage.removeItem(key); show("saved", state.dataset.saved.replace("{time}", answer.saved_at)); }
    } catch (fault) {
      dirty = true;
      if (fault.name !== "Error") timer = setTimeout(save, 10000);
      show("failed", fault.name === "Error" && fault.message ? `${state.dataset.failed}. ${fault.message}` : state.dataset.failed);
    }
    running = false;
  };

  form.addEventListener("input", () => { dirty = true; keep(false); show("unsaved", state.dataset.unsaved); clearTimeout(timer); timer = setTimeout(save, 1200); });
  form.addEventListener("submit", () => { clearTimeout(timer); keep(true); dirty = running = false; });
  addEventListener("online", () => { if (dirty) save(); });
  addEventListener("beforeunload", (event) => { if (dirty || running) event.preventDefault(); });
  restore();
}
