// One alert: what, since when, why, from where, in whose words.

import { counted, drill, el, get, notice, number, outside, Refused, say, severity, stale, time, withToken } from "/static/common.js";
import { follow, watchReadiness } from "/static/stream.js";

const id = decodeURIComponent(location.pathname.split("/").pop());
const run = new URLSearchParams(location.search).get("run");
const KINDS = {
  fired: "Phát cảnh báo",
  escalated: "Tăng mạnh thêm",
  updated: "Bản cập nhật",
  resolved: "Đã kết thúc",
  stale: "Không còn nhận được cập nhật",
};
const OUTCOMES = { pending: "đang gửi", delivered: "đã gửi", dead: "không gửi được" };
const SOURCES = { news: "báo chí", forum: "diễn đàn", web: "trang tin", other: "khác" };

function section(title, ...children) {
  return children.some((child) => child) ? el("section", {}, el("h2", {}, title), ...children) : null;
}

function sources(alert) {
  if (!alert.sources.length) return null;
  const rows = alert.sources.map((one) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, one.name),
      el("td", {}, SOURCES[one.kind] || one.kind),
      el("td", { class: "figure" }, number(one.mentions, 0)),
      el("td", { class: "figure" }, number(one.negative, 0)),
    ),
  );
  const heads = ["Nguồn", "Loại", "Lượt nhắc", "Tiêu cực"].map((text) => el("th", { scope: "col" }, text));
  return el("div", { class: "wide", tabindex: 0 }, el("table", {}, el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows)));
}

function mentions(alert) {
  const items = alert.representatives.map((one) => {
    const title = one.title === null ? el("i", {}, "Nội dung không còn được lưu.") : outside(one.url, one.title || one.url);
    const copies = one.copies > 1 ? `, ${number(one.copies, 0)} bài gần giống nhau` : "";
    return el("li", {}, title, el("p", { class: "from" }, `${one.source_name}, `, time(one.published_at), copies));
  });
  return items.length ? el("ol", { class: "mentions" }, ...items) : null;
}

function words(alert) {
  return alert.words.length ? el("ul", { class: "words" }, ...alert.words.map((word) => el("li", {}, word))) : null;
}

function history(changes) {
  const items = changes.map((one) => el("li", {}, time(one.at), `: ${KINDS[one.kind] || one.kind}`));
  return items.length ? el("ol", { class: "history" }, ...items) : null;
}

function deliveries(list) {
  const items = list.map((one) => el("li", {}, `${one.receiver}: ${OUTCOMES[one.outcome] || one.outcome} (bản ${number(one.revision, 0)})`));
  return items.length ? el("ul", {}, ...items) : null;
}

function show({ alert, changes, deliveries: sent }) {
  document.title = alert.annotations.title;
  const article = document.getElementById("alert");
  article.className = `detail is-${alert.severity}`;
  article.replaceChildren(
    ...[
      el("p", { class: "labels" }, drill(alert), severity(alert)),
      el("h1", {}, alert.organisation_name),
      counted(alert),
      el("p", { class: "since" }, alert.state === "resolved" ? "Đã kết thúc; bắt đầu từ " : "Từ ", time(alert.first_fired_at), "; số liệu đến ", time(alert.fired_at)),
      stale(alert),
      section("Vì sao có cảnh báo này", el("p", {}, alert.annotations.summary)),
      section("Từ ngữ mới xuất hiện", words(alert)),
      section("Lượt nhắc tiêu biểu", mentions(alert)),
      section("Các nguồn", sources(alert)),
      section("Diễn biến", history(changes)),
      section("Đã gửi đến", deliveries(sent)),
    ].filter(Boolean),
  );
  article.hidden = false;
}

async function refresh() {
  const { cursor } = await (await get("/v1/alerts?limit=1")).json();
  const query = run === null ? "" : `?run=${encodeURIComponent(run)}`;
  show(await (await get(`/v1/alerts/${encodeURIComponent(id)}${query}`)).json());
  return cursor;
}

async function start() {
  for (;;) {
    try {
      await withToken(() => {
        say("Đang kết nối…");
        return follow(refresh, (alert) => {
          if (alert.id === id && (run === null || alert.run === run)) refresh().catch(() => {});
        });
      });
    } catch (error) {
      const gone = error instanceof Refused && error.status === 404;
      notice("lost", gone ? "Không có cảnh báo này; có thể địa chỉ bị sao chép thiếu." : `Chưa kết nối được với máy chủ (${error.message}); trang đang tự thử lại.`);
      say(gone ? "Không tìm thấy" : "Mất kết nối");
      await new Promise((resolve) => setTimeout(resolve, gone ? 30_000 : 3000));
    }
  }
}

start();
watchReadiness();
