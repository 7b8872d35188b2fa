// What both pages share: the token, requests, words, and text that is only ever set as text.

const KEY = "canhbao-token";

/** Take a token from the address (#token=…), keep it for this tab only, and remove it from the address. */
export function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    sessionStorage.setItem(KEY, given);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return sessionStorage.getItem(KEY);
}

/** A refusal of the service, with its status. */
export class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/** GET with the token; throws Refused for every answer that is not a success. */
export async function get(path, { headers = {}, signal } = {}) {
  const token = sessionStorage.getItem(KEY);
  const answer = await fetch(path, {
    headers: token ? { ...headers, authorization: `Bearer ${token}` } : headers,
    signal,
    cache: "no-store",
    redirect: "error",
  });
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({}));
    throw new Refused(answer.status, problem.detail || `HTTP ${answer.status}`);
  }
  return answer;
}

/** Ask for a token; resolves when one was entered. */
export function askToken(refused) {
  const form = document.getElementById("ask");
  document.getElementById("why").textContent = refused
    ? "Mã vừa dùng không đúng, đã bị thu hồi hoặc không có quyền xem. Xin nhập mã khác."
    : "Cảnh báo chỉ dành cho người có mã truy cập. Mã được giữ đến khi đóng thẻ trình duyệt này.";
  form.hidden = false;
  say("Chưa đăng nhập");
  document.getElementById("token").focus();
  return new Promise((resolve) => {
    form.addEventListener(
      "submit",
      (event) => {
        event.preventDefault();
        const field = document.getElementById("token");
        sessionStorage.setItem(KEY, field.value.trim());
        field.value = "";
        form.hidden = true;
        resolve();
      },
      { once: true },
    );
  });
}

/** Run `work` with a token, asking for one as long as none is accepted. */
export async function withToken(work) {
  let refused = false;
  for (;;) {
    if (!takeToken()) await askToken(refused);
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Refused) || (error.status !== 401 && error.status !== 403)) throw error;
      sessionStorage.removeItem(KEY);
      refused = true;
    }
  }
}

/** An element with text, attributes and children; text is never read as HTML. */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

/** A link to somewhere else, only where it is a web address; otherwise its text alone. */
export function outside(url, text) {
  let parsed = null;
  try {
    parsed = new URL(url);
  } catch {
    parsed = null;
  }
  if (!parsed || (parsed.protocol !== "https:" && parsed.protocol !== "http:")) return el("span", {}, text);
  return el("a", { href: parsed.href, rel: "noopener noreferrer nofollow", target: "_blank" }, text);
}

/** Say how the page stands. */
export function say(text) {
  document.getElementById("status").textContent = text;
}

/** Show or hide a notice. */
export function notice(id, text) {
  const element = document.getElementById(id);
  element.textContent = text;
  element.hidden = !text;
}

const PARTS = new Intl.DateTimeFormat("vi-VN", {
  timeZone: "Asia/Ho_Chi_Minh",
  hour: "2-digit",
  minute: "2-digit",
  day: "2-digit",
  month: "2-digit",
  year: "numeric",
  hourCycle: "h23",
});

/** 14 giờ 05 phút ngày 22/11/2026, in Vietnam's time. */
export function when(text) {
  const parts = Object.fromEntries(PARTS.formatToParts(new Date(text)).map((part) => [part.type, part.value]));
  return `${parts.hour} giờ ${parts.minute} phút ngày ${parts.day}/${parts.month}/${parts.year}`;
}

/** A <time> with both readings. */
export function time(text) {
  return el("time", { datetime: text }, when(text));
}

/** 1.200; 0,5 */
export function number(value, digits = 1) {
  return new Intl.NumberFormat("vi-VN", { maximumFractionDigits: digits }).format(value);
}

/** The drill label, where it is one. */
export function drill(alert) {
  return alert.drill ? el("strong", { class: "drill" }, "DIỄN TẬP") : null;
}

/** The severity as a word; colour only repeats it. */
export function severity(alert) {
  return el("span", { class: `severity is-${alert.severity}` }, alert.annotations.severity);
}

/** What was counted against what is usual. */
export function counted(alert) {
  if (alert.series === "feed_silence") {
    const names = alert.sources.map((source) => source.name).join(", ");
    return el("p", { class: "counted" }, `Không có lượt nhắc nào; mức bình thường: ${number(alert.expected)}. Nguồn: ${names}`);
  }
  return el(
    "p",
    { class: "counted" },
    el("b", {}, number(alert.observed, 0)),
    ` lượt nhắc tiêu cực; mức bình thường: ${number(alert.expected)}`,
  );
}

/** The notice on an alert of which nothing was heard for long. */
export function stale(alert) {
  return alert.stale
    ? el("p", { class: "stale" }, "Đã lâu chưa nhận được cập nhật; số liệu có thể đã cũ.")
    : null;
}
