// The two texts of a criterion side by side, and the choice between them, built from the page's templates.
"use strict";

const words = document.querySelector("#saving").dataset;
const copyOf = (id) => document.querySelector(id).content.cloneNode(true).firstElementChild;

function readable(keeper, name, value) {
  if (!name.endsWith("-points")) return value || words.nothing;
  const field = [...keeper.fields(name)].find((one) => one.value === value);
  return field ? `${value === "na" ? "" : `${value} – `}${field.labels[0].querySelector(".level-title").firstChild.textContent.trim()}` : words.none;
}

// Only the parts that differ.
export function pairs(keeper, left, right, leftTitle, rightTitle) {
  return keeper.names.filter((name) => (left[name] ?? "") !== (right[name] ?? "")).map((name) => {
    const part = copyOf("#saving-pair");
    const field = keeper.fields(name)[0];
    const say = (hook, text) => { part.querySelector(`[data-${hook}]`).textContent = text; };
    say("label", name.endsWith("-points") ? words.level : field?.labels[0].textContent ?? name);
    say("left", leftTitle);
    say("left-text", readable(keeper, name, left[name] ?? ""));
    say("right", rightTitle);
    say("right-text", readable(keeper, name, right[name] ?? ""));
    return part;
  });
}

// Stands above the form until one button is pressed. The focus stays where the person types.
export function choice(keeper, kind, parts, shown, use, discard) {
  const said = document.querySelector(`#${kind}`).dataset, part = copyOf("#saving-choice");
  const fill = (text) => text.replace("{time}", parts.time ?? "");
  part.querySelector("[data-title]").textContent = fill(said.title);
  part.querySelector("[data-say]").textContent = said.say;
  part.querySelector("[data-pairs]").append(...shown);
  for (const [hook, act] of [["use", use], ["discard", discard]]) {
    const button = part.querySelector(`[data-${hook}]`);
    button.textContent = said[hook];
    button.addEventListener("click", () => { part.remove(); keeper.line.tabIndex = -1; keeper.line.focus(); act(); });
  }
  keeper.form.before(part);
  return part;
}
