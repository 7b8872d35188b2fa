// The list of alerts: those that fire, gravest and newest first, and the last that are over.

import { counted, drill, el, get, notice, number, say, severity, stale, time, withToken } from "/static/common.js";
import { follow, watchReadiness } from "/static/stream.js";

const ORDER = ["critical", "serious", "warning", "notice"];
const SHOWN_RESOLVED = 10;
const SHOWN_HELD = 10;
const HELD_EVERY_MS = 60000;
const alerts = new Map();
const keyOf = (alert) => `${alert.run}/${alert.id}`;

function card(alert) {
  const query = alert.run ? `?run=${encodeURIComponent(alert.run)}` : "";
  const link = el("a", { href: `/alerts/${encodeURIComponent(alert.id)}${query}` }, alert.organisation_name);
  return el(
    "li",
    { class: `card is-${alert.severity}`, "data-key": keyOf(alert) },
    el("p", { class: "labels" }, drill(alert), severity(alert)),
    el("h3", {}, link),
    counted(alert),
    el("p", { class: "since" }, alert.state === "resolved" ? "Đã kết thúc; bắt đầu từ " : "Từ ", time(alert.first_fired_at)),
    el("p", { class: "summary" }, alert.annotations.summary),
    stale(alert),
  );
}

function render() {
  const all = [...alerts.values()];
  const newest = (a, b) => (a.first_fired_at < b.first_fired_at ? 1 : a.first_fired_at > b.first_fired_at ? -1 : 0);
  const firing = all
    .filter((alert) => alert.state !== "resolved")
    .sort((a, b) => a.drill - b.drill || ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity) || newest(a, b));
  const resolved = all.filter((alert) => alert.state === "resolved").sort(newest).slice(0, SHOWN_RESOLVED);
  document.getElementById("firing").replaceChildren(...firing.map(card));
  document.getElementById("resolved").replaceChildren(...resolved.map(card));
  document.getElementById("count").textContent = firing.length ? `(${number(firing.length, 0)})` : "";
  document.getElementById("empty").hidden = firing.length > 0;
  document.getElementById("live").hidden = false;
  document.getElementById("past").hidden = resolved.length === 0;
  const real = firing.filter((alert) => !alert.drill).length;
  document.title = real ? `(${real}) Cảnh báo` : "Cảnh báo";
}

async function refresh() {
  const answers = await Promise.all([
    get("/v1/alerts?state=firing&limit=1000"),
    get(`/v1/alerts?state=resolved&limit=${SHOWN_RESOLVED}`),
  ]);
  const [firing, resolved] = await Promise.all(answers.map((answer) => answer.json()));
  alerts.clear();
  for (const alert of [...resolved.alerts, ...firing.alerts]) alerts.set(keyOf(alert), alert);
  render();
  await showHeld();
  return firing.cursor;
}

function heldCard(spike) {
  const query = spike.run ? `?run=${encodeURIComponent(spike.run)}` : "";
  const link = el("a", { href: `/alerts/${encodeURIComponent(spike.id)}${query}` }, spike.organisation_name);
  return el(
    "li",
    { class: "card is-held", "data-key": keyOf(spike) },
    el("p", { class: "labels" }, drill(spike), el("span", {}, spike.held_because)),
    el("h3", {}, link),
    counted(spike),
    el("p", { class: "since" }, spike.state === "resolved" ? "Đã kết thúc; bắt đầu từ " : "Từ ", time(spike.first_fired_at)),
  );
}

// Nobody is told of what is held back, so no event tells of it either: it is asked for anew.
async function showHeld() {
  const answer = await (await get(`/v1/held-back?limit=${SHOWN_HELD}`)).json();
  document.getElementById("held-back").replaceChildren(...answer.held_back.map(heldCard));
  document.getElementById("held").hidden = answer.held_back.length === 0;
}

function changed(alert) {
  const key = keyOf(alert);
  const known = alerts.get(key);
  if (known && known.revision > alert.revision) return;
  alerts.set(key, alert);
  render();
  if (!known) document.getElementById("announce").textContent = alert.annotations.title;
}

async function start() {
  for (;;) {
    try {
      await withToken(() => {
        say("Đang kết nối…");
        return follow(refresh, changed);
      });
    } catch (error) {
      notice("lost", `Chưa kết nối được với máy chủ (${error.message}); trang đang tự thử lại.`);
      say("Mất kết nối");
      await new Promise((resolve) => setTimeout(resolve, 3000));
    }
  }
}

start();
watchReadiness();
setInterval(() => document.getElementById("live").hidden || showHeld().catch(() => {}), HELD_EVERY_MS);
