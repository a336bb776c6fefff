// The first minutes of a new office: the guide goes on as the server does, and can be closed for good.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {ask, fitsAPhone, look, openOffice} from './office.js';

let page;
let close;

before(async () => {
  ({page, close} = await openOffice());
});
after(async () => {
  await close?.();
});

const guide = () => page.locator('section', {has: page.getByRole('heading', {name: 'はじめての方へ'})});

test('the sample call is sent, analysed, judged and taken as a case', async () => {
  await guide().getByRole('button', {name: '送る', exact: true}).click();
  await guide().getByRole('link', {name: '録音を開く'}).waitFor({timeout: 120_000});
  await look(page, 'tour');
  await fitsAPhone(page, 'tour');
  await guide().getByRole('link', {name: '録音を開く'}).click();
  await page.locator('li.finding').first().getByRole('button', {name: 'カスハラの疑いで正しい'}).click();
  await page.getByText('桜井が「正しい」と判断').waitFor();
  await page.getByRole('link', {name: '今日', exact: true}).click();
  await guide().getByRole('listitem').filter({hasText: '正しいか判断する'}).getByText('(済み)').waitFor();
  await guide().getByRole('link', {name: 'ケースを開く'}).click();
  await page.getByRole('button', {name: '確認しました', exact: true}).click();
  await page.getByText('確認済み').first().waitFor();
  await page.getByRole('link', {name: '今日', exact: true}).click();
  await guide().getByRole('listitem').filter({hasText: 'ケースを確認する'}).getByText('(済み)').waitFor();
  assert.equal((await ask(page, 'GET', '/api/v1/recordings')).body.items.length, 1);
});

test('closed, it does not come back', async () => {
  await guide().getByRole('button', {name: 'この案内を閉じる'}).click();
  await page.reload();
  await page.getByRole('heading', {name: '今日'}).waitFor();
  assert.equal(await page.getByRole('heading', {name: 'はじめての方へ'}).count(), 0);
});
