// The dashboard as its users meet it: the real server, the real sample call, a real browser.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {startBrowser} from './browser.js';
import {ask, call, look as lookAt, password} from './office.js';
import {startServer} from './server.js';

const minute = {timeout: 120_000};
let server;
let browser;
let page;
const troubles = [];
const scripts = [];

before(async () => {
  server = await startServer();
  browser = await startBrowser();
  page = await browser.context.newPage();
  await page.setViewportSize({width: 1280, height: 800});
  page.on('pageerror', (error) => troubles.push(`error: ${error.message}`));
  page.on('console', (message) => {
    // Chromium reports every answer of 4xx; asking who is signed in is one.
    if (message.type() === 'error' && !message.text().includes('401')) troubles.push(`console: ${message.text()}`);
  });
  page.on('requestfinished', (request) => {
    if (request.resourceType() === 'script') scripts.push(request);
  });
  page.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url()) && new URL(request.url()).origin !== server.url) troubles.push(`request: ${request.url()}`);
  });
});
after(async () => {
  await browser?.stop();
  await server?.stop();
});

const look = (name) => lookAt(page, name);

test('the first user comes in by the link of the server', async () => {
  await page.goto(server.firstLink);
  await page.getByLabel('ログイン名').fill('owner@example.jp');
  await page.getByLabel('名前', {exact: true}).fill('桜井');
  await page.getByLabel('パスワード', {exact: true}).fill(password);
  await look('welcome');
  await page.getByRole('button', {name: '使い始める'}).click();
  await page.getByRole('heading', {name: '今日'}).waitFor(minute);
  await look('today-empty');
});

test('the first view needs under 200 KB of compressed script', async () => {
  const sizes = await Promise.all(scripts.map(async (request) => (await request.sizes()).responseBodySize));
  const bytes = sizes.reduce((sum, one) => sum + one, 0);
  assert.ok(bytes > 10_000 && bytes < 200_000, `${bytes} bytes`);
});

test('a wrong password is told and a right one lets in', async () => {
  await page.getByRole('button', {name: 'サインアウト'}).click();
  await page.getByLabel('ログイン名').fill('owner@example.jp');
  await page.getByLabel('パスワード', {exact: true}).fill('wrong-password-1');
  await page.getByRole('button', {name: 'サインイン'}).click();
  await page.getByRole('alert').waitFor();
  await look('sign-in');
  await page.getByLabel('パスワード', {exact: true}).fill(password);
  await page.getByRole('button', {name: 'サインイン'}).click();
  await page.getByRole('heading', {name: '今日'}).waitFor();
});

test('a recording is uploaded, followed and opened', async () => {
  await page.getByRole('link', {name: '録音', exact: true}).click();
  await page.getByLabel('ファイルを選ぶ').setInputFiles(call);
  await page.getByText(/約 1\.0 分/).waitFor();
  await page.getByRole('button', {name: '1 件を送る'}).click();
  await page.getByText('call.wav: 届きました').waitFor(minute);
  await page.getByRole('cell', {name: '分析済み'}).waitFor(minute);
  await look('recordings');
  await page.getByRole('link', {name: 'call.wav'}).click();
  await page.getByRole('heading', {name: '疑いのある箇所'}).waitFor();
  await page.getByTestId('waveform').waitFor();
  assert.ok(await page.getByText('正当な訴え').isVisible());
  await look('recording');
});

test('words that were hard to make out are dotted, and a finding that quotes them says so', async () => {
  const id = /recordings\/([^?/]+)/.exec(page.url())[1];
  const {body: report} = await ask(page, 'GET', `/api/v1/recordings/${id}/report`);
  const unsure = report.transcript.flatMap((one) => one.words.filter((word) => word.doubtful).map((word) => ({...word, utterance: one.index})));
  assert.ok(unsure.length > 0);
  assert.equal((await page.locator('[data-testid=transcript] .doubt').allTextContents()).join(''), unsure.map((word) => word.text).join(''));
  const doubtful = report.findings.filter((one) => unsure.some((word) => word.utterance === one.utterance && word.start_s < one.end_s && word.end_s > one.start_s));
  assert.equal(await page.getByText('引用に、聞き取りの不確かな言葉があります').count(), doubtful.length);
});

test('a recording is found by the words that were said', async () => {
  await page.getByRole('link', {name: '録音', exact: true}).click();
  await page.getByLabel('話された言葉').fill('電子レンジ');
  await page.getByRole('button', {name: '探す'}).click();
  await page.getByText(/電子レンジが/).first().waitFor();
  await page.getByLabel('話された言葉').fill('冷蔵庫の扉');
  await page.getByRole('button', {name: '探す'}).click();
  await page.getByText('見つかりません').waitFor();
  await page.goBack();
  await page.getByTestId('waveform').waitFor();
});

test('a finding plays from two seconds before', async () => {
  const button = page.getByRole('button', {name: /から聞く/}).first();
  const said = /(\d+):(\d+)/.exec(await button.textContent());
  const at = Number(said[1]) * 60 + Number(said[2]);
  await button.click();
  await page.waitForFunction(() => { const audio = document.querySelector('audio'); return audio && !audio.paused && audio.currentTime > 0.5; });
  const heard = await page.evaluate(() => document.querySelector('audio').currentTime);
  assert.ok(heard >= at - 2 && heard < at + 2, `finding at ${at} s, heard ${heard} s`);
  await page.locator('[data-testid=transcript] li.now').waitFor();
  await page.getByRole('button', {name: '停止'}).click();
});

test('a listener is spared: softened sound, a clip without personal details, words only', async () => {
  await page.getByLabel('やわらかい音で聞く').check();
  await page.getByRole('button', {name: /から聞く/}).first().click();
  await page.waitForFunction(() => { const audio = document.querySelector('audio'); return audio && !audio.paused && audio.currentTime > 0.5; });
  await page.getByRole('button', {name: '停止'}).click();
  const clip = await page.getByRole('link', {name: /この箇所の音/}).first().getAttribute('href');
  const [status, type, bytes] = await page.evaluate(async (path) => {
    const answer = await fetch(path);
    return [answer.status, answer.headers.get('Content-Type'), (await answer.arrayBuffer()).byteLength];
  }, clip);
  assert.equal(status, 200);
  assert.equal(type, 'audio/mpeg');
  assert.ok(bytes > 5000);
  await page.getByRole('button', {name: '文字だけで確かめる'}).click();
  await page.getByTestId('waveform').waitFor({state: 'detached'});
  assert.equal(await page.locator('audio').count(), 0);
  await page.reload();
  await page.getByRole('heading', {name: '疑いのある箇所'}).waitFor();
  assert.equal(await page.locator('audio').count(), 0, 'the choice is remembered');
  await page.getByRole('button', {name: '音も使う'}).click();
  await page.getByTestId('waveform').waitFor();
  await page.getByLabel('やわらかい音で聞く').uncheck();
});

test('its case is acknowledged and then waits for nobody', async () => {
  await page.getByRole('link', {name: '今日'}).click();
  const open = page.locator('section', {hasText: '人の確認が必要なもの'});
  await open.getByRole('link').first().waitFor();
  await look('today');
  await open.getByRole('link').first().click();
  await page.getByRole('button', {name: '確認しました', exact: true}).click();
  await page.getByText('確認済み').first().waitFor();
  await look('case');
  await page.getByRole('link', {name: '今日'}).click();
  await page.getByText('確認を待っているケースはありません。').waitFor();
  await page.getByRole('link', {name: 'ケース', exact: true}).click();
  await page.locator('section', {has: page.getByRole('heading', {name: '確認済み', level: 2})}).getByRole('link').waitFor();
  await look('cases');
  await page.getByRole('link', {name: '負荷'}).click();
  await page.getByRole('heading', {name: '負荷', exact: true}).waitFor();
  await look('load');
});

test('the language changes on the spot and stays', async () => {
  await page.getByRole('button', {name: 'English'}).click();
  await page.getByRole('link', {name: 'Recordings', exact: true}).click();
  await page.getByRole('cell', {name: 'analysed'}).waitFor();
  await page.reload();
  await page.getByRole('heading', {name: 'Recordings', level: 1}).waitFor();
  await page.getByRole('button', {name: '日本語'}).click();
});

test('a phone of 390 pixels shows all of it without scrolling sideways', async () => {
  await page.setViewportSize({width: 390, height: 844});
  for (const [link, heading] of [['録音', '録音'], ['ケース', 'ケース'], ['今日', '今日']]) {
    await page.getByRole('link', {name: link, exact: true}).click();
    await page.getByRole('heading', {name: heading, level: 1}).waitFor();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${heading} is ${wide} pixels too wide`);
  }
  await page.getByRole('link', {name: '録音', exact: true}).click();
  await page.getByRole('link', {name: 'call.wav'}).click();
  await page.getByTestId('waveform').waitFor();
  await look('recording-phone');
  await page.setViewportSize({width: 1280, height: 800});
});

test('the keyboard alone is enough to come in and play', async () => {
  await page.getByRole('button', {name: 'サインアウト'}).click();
  await page.getByLabel('ログイン名').focus();
  await page.keyboard.type('owner@example.jp');
  await page.keyboard.press('Tab');
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await page.getByTestId('waveform').waitFor();
  await page.getByRole('button', {name: '再生'}).focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('audio').currentTime > 0.2);
});

test('nothing failed in the browser and nothing was asked of anybody else', () => {
  assert.deepEqual(troubles, []);
});
