import assert from 'node:assert/strict';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {pathToFileURL} from 'node:url';
import {chromium} from 'playwright-core';
import {recording, reportOfRecording, reportOfTranscript} from './reports.js';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const hostileWords = '殺すぞ</script><script>window.ran=1</script><img src=x onerror="window.ran=1">"\'&amp;{{data}}\u2028\u2029';
const profile = mkdtempSync(join(tmpdir(), 'guardian-chromium-'));
let browser;
let sound;
let hostile;

before(async () => {
  const file = recording();
  assert.ok(file, 'a recording to analyse: data/sample or ../shared/data/calls');
  sound = reportOfRecording(file);
  hostile = reportOfTranscript('hostile', [
    {speaker: 'customer', text: hostileWords, start: 1, end: 3},
    {speaker: 'employee', text: '恐れ入りますが、おやめください。', start: 4, end: 6},
  ]);
  browser = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM,
    headless: true,
    bypassCSP: false,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required'],
  });
});
after(async () => {
  await browser?.close();
  rmSync(profile, {recursive: true, force: true});
});

/** Opens a report and collects what should never happen: errors, and requests for anything but the file itself. */
async function open(report, size = {width: 1280, height: 900}) {
  const page = await browser.newPage();
  await page.setViewportSize(size);
  const troubles = [];
  page.on('pageerror', (error) => troubles.push(`error: ${error.message}`));
  page.on('console', (message) => { if (message.type() === 'error') troubles.push(`console: ${message.text()}`); });
  page.on('request', (request) => {
    const url = request.url();
    if (url !== pathToFileURL(report.html).href && !url.startsWith('data:')) troubles.push(`request: ${url}`);
  });
  await page.goto(pathToFileURL(report.html).href);
  return {page, troubles};
}

test('a click on a finding plays the recording from that second', async () => {
  const {page, troubles} = await open(sound);
  const index = sound.json.findings.findLastIndex((finding) => finding.utterance >= 0);
  assert.ok(index >= 0, 'the recording has a finding');
  await page.waitForFunction(() => document.getElementById('audio').readyState >= 1);
  // The moment of the jump itself is caught: afterwards the sound goes on.
  await page.evaluate(() => {
    const audio = document.getElementById('audio');
    audio.addEventListener('seeking', () => { window.jumpedTo ??= audio.currentTime; });
  });
  await page.locator('.finding .jump').nth(index).click();
  await page.waitForFunction(() => window.jumpedTo !== undefined && !document.getElementById('audio').paused);
  const jumpedTo = await page.evaluate(() => window.jumpedTo);
  assert.ok(Math.abs(jumpedTo - sound.json.findings[index].start_s) <= 0.3, `jumped to ${jumpedTo}`);
  await page.waitForFunction((from) => document.getElementById('audio').currentTime > from + 0.2, jumpedTo);
  assert.equal(await page.locator('.turn.now').count() > 0, true, 'the transcript follows');
  assert.deepEqual(troubles, []);
  await page.close();
});

test('a mark on the waveform jumps as well, by keyboard', async () => {
  const {page} = await open(sound);
  const first = sound.json.findings.find((finding) => finding.utterance >= 0);
  await page.waitForFunction(() => document.getElementById('audio').readyState >= 1);
  await page.evaluate(() => {
    const audio = document.getElementById('audio');
    audio.addEventListener('seeking', () => { window.jumpedTo ??= audio.currentTime; });
  });
  await page.locator('.mark').first().focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => window.jumpedTo !== undefined);
  assert.ok(Math.abs(await page.evaluate(() => window.jumpedTo) - first.start_s) <= 0.3);
  await page.close();
});

test('quoted words are marked in the transcript and English is one click away', async () => {
  const {page, troubles} = await open(sound);
  const quote = sound.json.findings.find((finding) => finding.quote).quote;
  assert.ok((await page.locator('#transcript mark').allTextContents()).some((text) => text.includes(quote)));
  await page.getByRole('button', {name: 'English'}).click();
  assert.equal(await page.locator('html').getAttribute('lang'), 'en');
  assert.equal(await page.locator('#findings-title').textContent(), 'Suspected places');
  assert.match(await page.locator('#advice').textContent(), /[a-z]{4}/);
  await page.getByRole('button', {name: '日本語'}).click();
  assert.equal(await page.locator('#findings-title').textContent(), '疑いのある箇所');
  assert.deepEqual(troubles, []);
  await page.close();
});

test('words that were hard to make out are dotted', async () => {
  const {page} = await open(sound);
  const unsure = sound.json.transcript.flatMap((turn) => turn.words.filter((word) => word.doubtful).map((word) => word.text));
  assert.ok(unsure.length > 0);
  assert.equal((await page.locator('#transcript .doubt').allTextContents()).join(''), unsure.join(''));
  await page.close();
});

for (const scheme of ['light', 'dark'])
  test(`no serious accessibility violation, ${scheme}`, async () => {
    const {page} = await open(sound);
    await page.emulateMedia({colorScheme: scheme, reducedMotion: 'reduce'});
    await page.evaluate(axeSource);
    const {violations} = await page.evaluate(() => window.axe.run());
    const serious = violations.filter((violation) => ['serious', 'critical'].includes(violation.impact));
    assert.deepEqual(serious.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html).join(' | ')}`), []);
    await page.close();
  });

test('fits a phone', async () => {
  const {page} = await open(sound, {width: 390, height: 844});
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= 390);
  await page.close();
});

test('hostile words are shown as words', async () => {
  const {page, troubles} = await open(hostile);
  const shown = hostile.json.transcript[0].text;
  assert.ok(shown.includes('</script>'));
  assert.equal(await page.locator('.turn .text').first().textContent(), shown);
  assert.equal(await page.evaluate(() => window.ran), undefined);
  assert.equal(await page.locator('audio').count(), 0);
  assert.deepEqual(troubles, []);
  await page.close();
});
