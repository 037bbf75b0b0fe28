// One request that saves an answer, and what its reply means. Knows nothing of the page but where the CSRF token stands.
"use strict";

const LONG = 20000;

const body = (values, form) => new URLSearchParams({ ...values, csrf_token: form.querySelector("[name=csrf_token]").value });
const ask = (path, values, form, more) => fetch(path, {
  method: "POST", body: body(values, form), headers: { "X-Requested-With": "autosave", Accept: "application/json" }, redirect: "error", ...more,
});

// The page is going: the browser may still deliver this one.
export const fresh = (path, values, form) => ask(path, values, form, { keepalive: true }).catch(() => {});

let renewing = null;

// After a new sign-in elsewhere the page's token is of an old session; a fresh page has today's, and says whose it is.
async function renew(user) {
  const reply = await fetch(location.pathname, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(LONG) });
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  const who = page.querySelector("#copies")?.dataset.user;
  if (!who) return reply.status >= 500 ? "busy" : "signedout";
  if (who !== user) return "other";
  const token = page.querySelector("[name=csrf_token]").value;
  for (const field of document.querySelectorAll("[name=csrf_token]")) field.value = token;
  return "";
}

// Answers {kind: "saved" | "again" | "refused" | "conflict", …}.
export async function send(path, values, form, user, renewed = false) {
  let reply, said = {};
  try {
    reply = await ask(path, values, form, { signal: AbortSignal.timeout(LONG) });
    said = await reply.json().catch(() => ({}));
    if (reply.ok && said.version === undefined) return { kind: "again", state: "busy" };
    if (said.code === "csrf_failed" && !renewed) {
      renewing ||= renew(user).finally(() => { renewing = null; });
      const state = await renewing;
      return state ? { kind: "again", state } : send(path, values, form, user, true);
    }
  } catch {
    return { kind: "again", state: "offline" };
  }
  return judged(reply, said);
}

function judged(reply, said) {
  if (reply.ok) return { kind: "saved", ...said };
  if (reply.status === 401) return { kind: "again", state: "signedout" };
  if (said.theirs) return { kind: "conflict", theirs: said.theirs };
  // Without one of our own sentences it is a proxy that speaks, and it may stop.
  if (!said.sentence || reply.status >= 500 || [408, 429].includes(reply.status)) return { kind: "again", state: "busy" };
  return { kind: "refused", closed: ![413, 422].includes(reply.status), why: said.sentence, fields: (said.errors || []).map((one) => one.field) };
}
