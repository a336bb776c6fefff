// How smoothly does the transcript of two hours scroll? The real page of the real server in Chromium; only the report's answer
// is stretched to 1,500 utterances, since analysing two hours of speech takes longer than anybody would wait. Frames are
// counted while the list scrolls from end to end in five seconds.
//
// usage: tests/web/run's environment (GUARDIAN_BINARY, CHROMIUM), then: node bench/scrolling.mjs
import {startBrowser} from '../tests/web/browser.js';
import {choosePassword, openSample} from '../tests/web/office.js';
import {startServer} from '../tests/web/server.js';

const utterances = 1500;
const server = await startServer();
const browser = await startBrowser();
try {
  const page = await browser.context.newPage();
  await page.setViewportSize({width: 1280, height: 800});
  await choosePassword(page, server.firstLink, {login: 'owner@example.jp', name: '桜井'});
  await page.route('**/api/v1/recordings/*/report', async (route) => {
    const answer = await route.fetch();
    const report = await answer.json();
    const said = report.transcript;
    report.transcript = Array.from({length: utterances}, (_, i) => ({...said[i % said.length], index: i, start_s: i * 4.8, end_s: i * 4.8 + 4}));
    await route.fulfill({response: answer, json: report});
  });
  await openSample(page);
  const found = await page.evaluate(async () => {
    const list = document.querySelector('[data-testid=transcript]');
    const whole = list.scrollHeight - list.clientHeight;
    const frames = [];
    await new Promise((resolve) => {
      const begun = performance.now();
      const step = (now) => {
        frames.push(now);
        list.scrollTop = whole * Math.min(1, (now - begun) / 5000);
        if (now - begun < 5000) requestAnimationFrame(step);
        else resolve();
      };
      requestAnimationFrame(step);
    });
    const gaps = frames.slice(1).map((now, i) => now - frames[i]).sort((a, b) => a - b);
    const idle = await new Promise((resolve) => {
      const all = [];
      const step = (now) => { all.push(now); if (all.length < 121) requestAnimationFrame(step); else resolve(120_000 / (all.at(-1) - all[0])); };
      requestAnimationFrame(step);
    });
    return {rows: list.children.length, frames_per_s: gaps.length / (frames.at(-1) - frames[0]) * 1000, idle_frames_per_s: idle,
      p99_ms: gaps[Math.floor(gaps.length * 0.99)], worst_ms: gaps.at(-1), scrolled_px: whole};
  });
  console.log(JSON.stringify(found, (key, value) => (typeof value === 'number' ? Math.round(value * 10) / 10 : value)));
} finally {
  await browser.stop();
  await server.stop();
}
