// An employee looks at their own load, answers for themselves, and objects to a finding; somebody else decides.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {after, before, test} from 'node:test';
import {ask, call, choosePassword, fitsAPhone, look, openOffice, signIn, until} from './office.js';

let server;
let page;
let close;

before(async () => {
  const often = '{per_minute: 100000, burst: 100000}';
  ({server, page, close} = await openOffice({config: `listen: {port: 0}\nrates: {sign_in: ${often}, caller: ${often}, address: ${often}}\n`}));
  const employee = (await ask(page, 'POST', '/api/v1/employees', {code: 'e-17', name: '田中'})).body;
  const invited = await ask(page, 'POST', '/api/v1/users', {login: 'tanaka@example.jp', name: '田中', roles: ['employee'], employee: employee.id});
  assert.equal(invited.status, 201);
  await page.evaluate(async (bytes) => {
    const session = await (await fetch('/api/v1/session')).json();
    const form = new FormData();
    form.append('employee', 'e-17');
    form.append('file', new Blob([new Uint8Array(bytes)]), 'call.wav');
    await fetch('/api/v1/recordings', {method: 'POST', headers: {'X-CSRF-Token': session.csrf}, body: form});
  }, Array.from(readFileSync(call)));
  await until(async () => (await ask(page, 'GET', '/api/v1/recordings')).body.items[0]?.state === 'analysed');
  await page.getByRole('button', {name: 'サインアウト'}).click();
  await choosePassword(page, `${server.url}${new URL(invited.body.link, server.url).pathname}${new URL(invited.body.link, server.url).hash}`);
});
after(async () => {
  await close?.();
});

test('the day is made of what was said', async () => {
  await page.getByRole('link', {name: '負荷', exact: true}).click();
  await page.getByText('ストレスチェック').first().waitFor();
  await page.getByRole('listitem').getByRole('button').last().click();
  await page.getByRole('heading', {name: /の内訳/}).waitFor();
  assert.ok(await page.getByRole('row').count() > 2);
  await page.getByRole('link', {name: '脅迫'}).first().waitFor();
  await page.getByRole('heading', {name: 'このまま何も加わらないときの回復'}).waitFor();
  assert.ok(await page.locator('ol.ahead li').count() > 5);
  await look(page, 'load-own');
  await fitsAPhone(page, 'own load');
});

test('the answers are kept for nobody else', async () => {
  await page.getByRole('group', {name: '怖いと感じた'}).getByRole('radio', {name: '3'}).check();
  await page.getByRole('button', {name: '答えを残す'}).click();
  await page.getByText('あなた以外の誰にも見えません').waitFor();
  await page.reload();
  await until(() => page.getByRole('group', {name: '怖いと感じた'}).getByRole('radio', {name: '3'}).isChecked());
});

test('a finding that is objected to does not count, until somebody decides', async () => {
  await page.getByRole('listitem').getByRole('button').last().click();
  await page.getByRole('row', {name: /脅迫/}).first().getByRole('button').click();
  await page.getByLabel(/違うと思う理由/).fill('冗談だと分かる口調でした');
  await page.getByRole('button', {name: '申し出る'}).click();
  await page.getByText('確認待ち').waitFor();
  await page.getByRole('cell', {name: '数えていません'}).first().waitFor();
  await page.getByRole('button', {name: 'サインアウト'}).click();
  await signIn(page, server, 'owner@example.jp');
  await page.getByRole('link', {name: '負荷', exact: true}).click();
  await page.getByText('冗談だと分かる口調でした').waitFor();
  assert.equal((await ask(page, 'GET', '/api/v1/load/own')).status, 403, 'somebody else sees the load');
  await look(page, 'load-decide');
  await page.getByRole('button', {name: '数える', exact: true}).click();
  await page.getByText('申し出はありません').waitFor();
  await page.getByRole('button', {name: 'サインアウト'}).click();
  await signIn(page, server, 'tanaka@example.jp');
  await page.getByRole('link', {name: '負荷', exact: true}).click();
  await page.getByText('認められませんでした').waitFor();
});
