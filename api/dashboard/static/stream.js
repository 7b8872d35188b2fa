// The alert stream, read by fetch so that the token travels in a header; comes back by itself where it was.

import { get, notice, Refused, say } from "/static/common.js";

const SILENCE = 45_000;
const LONGEST = 15_000;

/** Parse one server-sent event. */
function parse(block) {
  const event = { event: "message", data: "", id: "" };
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) event[line.slice(0, colon)] = line.slice(colon + 1).replace(/^ /, "");
  }
  return event;
}

/** Read one connection to its end; `onEvent` gets each event. */
async function read(cursor, onEvent) {
  const control = new AbortController();
  let timer = setTimeout(() => control.abort(), SILENCE);
  try {
    const headers = cursor ? { "last-event-id": cursor } : {};
    const answer = await get("/v1/alerts/stream", { headers, signal: control.signal });
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => control.abort(), SILENCE);
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const event = parse(block);
        if (event.data) onEvent(event);
      }
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Follow for ever. `refresh` fetches what there is and returns its cursor; `onAlert` gets each change. */
export async function follow(refresh, onAlert) {
  let cursor = await refresh();
  let pause = 1000;
  let lostAt = null;
  for (;;) {
    let again = false;
    try {
      await read(cursor, (event) => {
        pause = 1000;
        lostAt = null;
        notice("lost", "");
        say("Đang cập nhật trực tiếp");
        cursor = event.id || cursor;
        if (event.event === "alert") onAlert(JSON.parse(event.data));
        // What an erased mention said may be shown here: fetch anew.
        if (event.event === "resync" || event.event === "mention.erased") again = true;
      });
    } catch (error) {
      if (error instanceof Refused && (error.status === 401 || error.status === 403)) throw error;
      if (error instanceof Refused && error.status === 400) again = true;
    }
    lostAt = lostAt || new Date();
    const clock = lostAt.toLocaleTimeString("vi-VN", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Ho_Chi_Minh" });
    say("Mất kết nối");
    notice("lost", `Mất kết nối với máy chủ từ ${clock}. Danh sách dưới đây có thể đã cũ; trang đang tự kết nối lại.`);
    await new Promise((resolve) => setTimeout(resolve, pause * (0.75 + Math.random() / 2)));
    pause = Math.min(pause * 2, LONGEST);
    if (again) cursor = await refresh().catch(() => cursor);
  }
}

/** Say, each minute, when the service itself is behind. */
export async function watchReadiness() {
  for (;;) {
    let text = "";
    try {
      await get("/readyz");
    } catch (error) {
      if (error instanceof Refused && error.status === 503) {
        text = "Hệ thống đang chậm hoặc thiếu một thành phần: cảnh báo mới có thể đến muộn. Xin báo người vận hành (canhbao doctor).";
      }
    }
    notice("behind", text);
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  }
}
