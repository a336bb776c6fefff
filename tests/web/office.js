// What most tests of the dashboard begin with: the first user, and an analysed recording.
import assert from 'node:assert/strict';
import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {seriousFindings, startBrowser} from './browser.js';
import {startServer} from './server.js';

export const call = fileURLToPath(new URL('../../data/sample/call.wav', import.meta.url));
export const password = 'correct-horse-battery-27';
const pictures = process.env.GUARDIAN_SCREENSHOTS;

/** Checks what holds on every page; keeps a picture where GUARDIAN_SCREENSHOTS names a folder. */
export async function look(page, name) {
  assert.deepEqual(await seriousFindings(page), [], name);
  if (!pictures) return;
  mkdirSync(pictures, {recursive: true});
  // Rows out of view are laid out for the picture, too.
  await page.screenshot({path: join(pictures, `${name}.png`), fullPage: true, style: '* { content-visibility: visible !important; }'});
}

/** No wider than the screen, at 390 pixels. */
export async function fitsAPhone(page, name) {
  const usual = page.viewportSize();
  await page.setViewportSize({width: 390, height: 844});
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${name} is ${wide} pixels too wide`);
  await page.setViewportSize(usual);
}

export async function choosePassword(page, link, {login, name} = {}) {
  await page.goto(link);
  if (login) await page.getByLabel('ログイン名').fill(login);
  if (name) await page.getByLabel('名前', {exact: true}).fill(name);
  await page.getByLabel('パスワード', {exact: true}).fill(password);
  await page.getByRole('button', {name: '使い始める'}).click();
  await page.getByRole('heading', {name: '今日'}).waitFor();
}

/** A server of its own, and its first user in a browser on a laptop. `close` takes both away. */
export async function openOffice(options) {
  const server = await startServer(options);
  let browser;
  const close = async () => {
    await browser?.stop();
    await server.stop();
  };
  try {
    browser = await startBrowser();
    const page = await browser.context.newPage();
    await page.setViewportSize({width: 1280, height: 800});
    await choosePassword(page, server.firstLink, {login: 'owner@example.jp', name: '桜井'});
    return {server, browser, page, close};
  } catch (error) {
    await close();
    throw error;
  }
}

export async function signIn(page, server, login) {
  await page.goto(server.url);
  await page.getByLabel('ログイン名').fill(login);
  await page.getByLabel('パスワード', {exact: true}).fill(password);
  await page.getByRole('button', {name: 'サインイン', exact: true}).click();
  await page.getByRole('heading', {name: '今日'}).waitFor();
}

/** As the page itself asks: with the session's cookie and token. Resolves to {status, body}. */
export async function ask(page, method, path, body) {
  return page.evaluate(async ([how, where, what]) => {
    const session = await (await fetch('/api/v1/session')).json();
    const answer = await fetch(where, {method: how, headers: {'Content-Type': 'application/json', 'X-CSRF-Token': session.csrf},
      body: what === undefined ? undefined : JSON.stringify(what)});
    const text = await answer.text();
    return {status: answer.status, body: text && answer.headers.get('Content-Type')?.includes('json') ? JSON.parse(text.split('\n')[0]) : text};
  }, [method, path, body]);
}

/** Brings the sample call in and opens it once it is analysed. */
export async function openSample(page) {
  await page.getByRole('link', {name: '録音', exact: true}).click();
  await page.getByLabel('ファイルを選ぶ').setInputFiles(call);
  await page.getByText(/約 1\.0 分/).waitFor();
  await page.getByRole('button', {name: '1 件を送る'}).click();
  await page.getByRole('cell', {name: '分析済み'}).waitFor({timeout: 120_000});
  await page.getByRole('link', {name: 'call.wav'}).click();
  await page.getByRole('heading', {name: '疑いのある箇所'}).waitFor();
  await page.getByTestId('waveform').waitFor();
}

/** Waits, at most two minutes, until it is so. */
export async function until(isSo) {
  for (const end = Date.now() + 120_000; Date.now() < end;) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  assert.fail('it did not become so in time');
}
