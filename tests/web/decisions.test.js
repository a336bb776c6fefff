// A reviewer decides on findings, with the mouse and with keys alone; the decisions change score and load and become
// training data that `guardian evaluate` reads.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {ask, fitsAPhone, look, openOffice, openSample} from './office.js';

let browser;
let page;
let close;

before(async () => {
  ({browser, page, close} = await openOffice());
  await openSample(page);
});
after(async () => {
  await close?.();
});

const card = (index) => page.locator('li.finding').nth(index);

test('with all findings rejected the danger is gone, until one is taken back', async () => {
  const all = await page.locator('li.finding').count();
  assert.ok(all >= 2);
  await page.getByText(`判断済み 0 / ${all}`).waitFor();
  for (let i = 0; i < all; ++i) {
    await card(i).getByRole('button', {name: 'カスハラではない'}).click();
    await card(i).getByText('桜井が「カスハラではない」と判断').waitFor();
  }
  await page.getByText(`判断済み ${all} / ${all}`).waitFor();
  assert.equal(await page.getByTestId('score-after').textContent(), '0');
  await look(page, 'recording-decided');
  for (let i = 0; i < all; ++i) await card(i).getByRole('button', {name: '判断を取り消す'}).click();
  await page.getByText(`判断済み 0 / ${all}`).waitFor();
  await page.getByTestId('score-after').waitFor({state: 'detached'});
});

test('kind and gravity are corrected with a comment', async () => {
  await card(0).getByText('種類・重さを直す').click();
  await card(0).getByLabel('種類').selectOption({label: '脅迫'});
  await card(0).getByLabel('重さ').fill('77');
  await card(0).getByLabel('コメント').fill('電話口で繰り返していた');
  await card(0).getByRole('button', {name: 'この内容に直す'}).click();
  await card(0).getByText('「脅迫、重さ 77」に直しました').waitFor();
  await card(0).getByText('電話口で繰り返していた').waitFor();
});

test('keys decide and move on, but only within the findings', async () => {
  await page.keyboard.press('r');
  await page.locator('h1').click();
  await page.keyboard.press('c');
  assert.equal(await page.getByText('「正しい」と判断').count(), 0);
  await card(0).getByRole('button').first().focus();
  await page.keyboard.press('j');
  await page.keyboard.press('c');
  await card(1).getByText('桜井が「正しい」と判断').waitFor();
  await page.keyboard.press('k');
  await page.keyboard.press('u');
  await card(0).getByText('に直しました').waitFor({state: 'detached'});
  await page.keyboard.press('p');
  await page.waitForFunction(() => !document.querySelector('audio').paused);
  await page.keyboard.press('r');
  await card(0).getByText('「カスハラではない」と判断').waitFor();
});

test('what was decided is there after a reload, and fits a phone', async () => {
  await page.reload();
  await card(1).getByText('桜井が「正しい」と判断').waitFor();
  await fitsAPhone(page, 'recording with decisions');
});

test('who spoke when, how loud and how high is drawn from what was measured', async () => {
  assert.ok(await page.getByTestId('lanes').locator('rect.customer').count() > 2);
  assert.ok(await page.getByTestId('lanes').locator('rect.employee').count() > 2);
  await page.getByText('声の大きさと高さの動き').click();
  await page.getByText(/顧客の最も大きい声は \d+:\d+ \(-\d+ dBFS\)/).waitFor();
  assert.ok(await page.getByTestId('pitch_hz').locator('line.customer').count() > 2);
  await look(page, 'recording-course');
});

test('a link opens at its second, and the finding there stands out', async () => {
  const start = (await ask(page, 'GET', `/api/v1/recordings/${page.url().split('/').pop()}/report`)).body.findings.find((one) => one.start_s > 3).start_s;
  const address = page.url();
  await page.goto('about:blank');
  await page.goto(`${address}?at=${start}`);
  await page.locator('li.finding.here').first().waitFor();
  await page.waitForFunction((second) => {
    const audio = document.querySelector('audio');
    return audio && Math.abs(audio.currentTime - (second - 2)) < 0.2;
  }, start);
});

test('somebody without an account sees the redacted words, until the link is ended', async () => {
  await page.getByText('アカウントのない人に見せる').click();
  await page.getByRole('button', {name: 'リンクを作る'}).click();
  const link = await page.getByLabel('リンク (今だけ表示されます)').inputValue();
  const lawyer = await browser.context.browser().newContext();
  const outside = await lawyer.newPage();
  assert.equal((await outside.goto(link)).status(), 200);
  await outside.getByText('脅迫').first().waitFor();
  assert.equal(await outside.locator('audio').count(), 0);
  await page.reload();
  await page.getByText('アカウントのない人に見せる').click();
  await page.getByText('1 回開かれました').waitFor();
  await look(page, 'recording-share');
  await fitsAPhone(page, 'share');
  await page.getByRole('button', {name: '終わらせる'}).click();
  await page.getByText('終了', {exact: true}).waitFor();
  assert.equal((await outside.goto(link)).status(), 404);
  await lawyer.close();
});

test('decisions become training data', async () => {
  const lines = (await ask(page, 'GET', '/api/v1/training-data')).body;
  const all = typeof lines === 'string' ? lines.trim().split('\n').map((line) => JSON.parse(line)) : [lines];
  assert.ok(all.some((line) => line.category !== 'none' && line.kind === 'direct'));
  for (const line of all) assert.ok(line.text.length > 0 && line.id.includes('.'));
});
