// The administrator sets everything up in the browser, and everybody invited sees exactly what is theirs.
import assert from 'node:assert/strict';
import {createServer} from 'node:http';
import {after, before, test} from 'node:test';
import {ask, choosePassword, fitsAPhone, look, openOffice, openSample, signIn} from './office.js';
import {freePort} from './server.js';

let server;
let browser;
let page;
let close;
let receiver;
const received = [];
const links = {};

before(async () => {
  const port = await freePort();
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => { body += part; });
    request.on('end', () => { received.push({headers: request.headers, body}); response.writeHead(204).end(); });
  });
  await new Promise((resolve) => receiver.listen(port, '127.0.0.1', resolve));
  const often = '{per_minute: 100000, burst: 100000}';
  ({server, browser, page, close} = await openOffice({config: 'listen: {port: 0}\nnotices: {allowed_networks: [127.0.0.0/8]}\n'
    + `rates: {sign_in: ${often}, caller: ${often}, address: ${often}}\n`}));
});
after(async () => {
  await close?.();
  receiver?.close();
});

const open = async (name) => {
  await page.getByRole('link', {name: '設定', exact: true}).click();
  await page.getByRole('link', {name, exact: true}).click();
};

test('groups, employees and people of every role are set up', async () => {
  await open('人とグループ');
  await page.getByLabel('グループの名前').fill('本店');
  await page.locator('section', {hasText: 'グループの名前'}).last().getByRole('button', {name: '加える'}).click();
  await page.locator('p', {hasText: '本店'}).waitFor();
  await page.getByLabel('従業員番号').fill('e-17');
  await page.getByLabel('従業員の名前').fill('田中');
  await page.getByLabel('従業員のグループ').selectOption({label: '本店'});
  await page.locator('section', {hasText: '従業員の名前'}).last().getByRole('button', {name: '加える'}).click();
  await page.locator('li', {hasText: 'e-17 田中'}).waitFor();
  for (const [login, name, role, more] of [
    ['tanaka@example.jp', '田中', '従業員', {employee: 'e-17 田中'}],
    ['chief@example.jp', '店長', 'グループの責任者', {group: '本店'}],
    ['desk@example.jp', '対策室', '専門部署', {}],
    ['audit@example.jp', '監査役', '監査', {}]]) {
    const form = page.locator('section', {hasText: '新しく招待する'}).last();
    await form.getByLabel('ログイン名').fill(login);
    await form.getByLabel('名前', {exact: true}).fill(name);
    for (const box of await form.getByRole('checkbox').all()) await box.uncheck();
    await form.getByRole('checkbox', {name: role}).check();
    if (more.employee) await form.getByLabel('従業員としての番号').selectOption({label: more.employee});
    if (more.group) await form.getByLabel('グループ (店や課)').selectOption({label: more.group});
    await form.getByRole('button', {name: '招待のリンクを作る'}).click();
    await page.getByRole('cell', {name: login}).waitFor();
    links[role] = await page.getByLabel('招待のリンク').inputValue();
  }
  assert.equal(new Set(Object.values(links)).size, 4);
  await look(page, 'settings-people');
  await fitsAPhone(page, 'people');
});

test('a notification route is made, tried and told', async () => {
  await open('通知');
  await page.getByText('通知先がありません').waitFor();
  await page.getByLabel('通知先の名前').fill('対策室');
  await page.getByLabel('方法').selectOption('webhook');
  await page.getByLabel('URL').fill(`http://127.0.0.1:${receiver.address().port}/hook`);
  await page.getByRole('button', {name: '加える'}).click();
  assert.ok((await page.getByLabel('webhook の署名の鍵').inputValue()).length >= 16);
  await page.getByRole('button', {name: '試しに送る: 対策室'}).click();
  await page.getByText('届きました').waitFor();
  assert.equal(received.length, 1);
  await page.getByLabel('この帯から').selectOption('high');
  await page.getByRole('button', {name: '保存'}).click();
  await page.reload();
  assert.equal(await page.getByLabel('この帯から').inputValue(), 'high');
  await page.getByLabel('この帯から').selectOption('caution');
  await page.getByRole('button', {name: '保存'}).click();
  await look(page, 'settings-notices');
  await fitsAPhone(page, 'notices');
});

test('a key is shown once, works, and is revoked', async () => {
  await open('API キー');
  await page.getByLabel('用途').fill('録音機');
  for (const box of await page.getByRole('checkbox').all()) await box.uncheck();
  await page.getByRole('checkbox', {name: '分析時間を見る'}).check();
  await page.getByRole('button', {name: 'キーを作る'}).click();
  const key = await page.getByRole('textbox', {name: 'API キー'}).inputValue();
  const use = async () => (await fetch(`${server.url}/api/v1/usage`, {headers: {Authorization: `Bearer ${key}`}})).status;
  assert.equal(await use(), 200);
  await look(page, 'settings-keys');
  await page.getByRole('button', {name: '無効にする: 録音機'}).click();
  await page.getByText('無効', {exact: true}).waitFor();
  assert.equal(await use(), 401);
});

test('the plan is changed and more is allowed', async () => {
  await open('分析時間');
  await page.getByText('/ 3000.0 分').waitFor();
  await page.getByLabel('月の上限').fill('5000');
  await page.getByRole('button', {name: '保存'}).click();
  await page.getByText('/ 5000.0 分').waitFor();
  await page.getByLabel('今月だけ許可する').fill('200');
  await page.getByRole('button', {name: '許可する'}).click();
  await page.getByText('/ 5200.0 分').waitFor();
  await look(page, 'settings-minutes');
});

test('versions and licences are told', async () => {
  await open('版とモデル');
  await page.getByText('使用中').waitFor();
  await look(page, 'settings-installation');
  await fitsAPhone(page, 'installation');
});

test('a second factor is set up and asked for', async () => {
  await page.getByRole('link', {name: '自分のアカウント'}).click();
  await page.getByLabel('確認のため、今のパスワード').fill('correct-horse-battery-27');
  await page.getByRole('button', {name: '設定を始める'}).click();
  await page.getByRole('img', {name: /QR コード/}).waitFor();
  await look(page, 'account');
  await page.getByLabel('認証アプリの 6 桁の番号').fill('000000');
  await page.getByRole('button', {name: '番号を確かめて有効にする'}).click();
  await page.getByRole('alert').waitFor();
});

/** Comes in as one of the invited and tells the links of the menu. */
async function menuOf(role) {
  await page.getByRole('button', {name: 'サインアウト'}).click();
  await choosePassword(page, links[role]);
  return page.locator('nav').first().getByRole('link').allTextContents();
}

test('each role sees exactly its own', async () => {
  const menus = {
    従業員: ['今日', '録音', '負荷'],
    グループの責任者: ['今日', '録音', 'ケース', '負荷', '傾向', '設定'],
    専門部署: ['今日', '録音', 'ケース', '負荷', '傾向', '設定'],
    監査: ['今日', '設定'],
  };
  const closed = {
    従業員: ['/api/v1/users', '/api/v1/cases', '/api/v1/audit', '/api/v1/load/groups', '/api/v1/training-data', '/api/v1/installation'],
    グループの責任者: ['/api/v1/users', '/api/v1/audit', '/api/v1/load/own', '/api/v1/api-keys'],
    専門部署: ['/api/v1/users', '/api/v1/audit', '/api/v1/load/own', '/api/v1/api-keys'],
    監査: ['/api/v1/recordings', '/api/v1/cases', '/api/v1/users', '/api/v1/load/groups'],
  };
  for (const role of Object.keys(menus)) {
    assert.deepEqual(await menuOf(role), menus[role], role);
    for (const path of closed[role]) assert.equal((await ask(page, 'GET', path)).status, 403, `${role} ${path}`);
    await page.goto(`${server.url}/#/settings/people`);
    await page.getByText('このページを見る権限がありません').waitFor();
  }
});

test('an auditor verifies the chain and finds what was done', async () => {
  await page.goto(`${server.url}/#/settings/audit`);
  await page.getByRole('cell', {name: 'api_key.revoke'}).waitFor();
  await page.getByRole('button', {name: '端から確かめる'}).click();
  await page.getByText('すべてつながっています').waitFor();
  await look(page, 'settings-audit');
  await fitsAPhone(page, 'audit');
});

test('an employee sees only their own dealings', async () => {
  await page.getByRole('button', {name: 'サインアウト'}).click();
  await signIn(page, server, 'desk@example.jp');
  await openSample(page);  // nobody's: no employee was told
  await page.getByRole('button', {name: 'サインアウト'}).click();
  await signIn(page, server, 'tanaka@example.jp');
  await page.getByRole('link', {name: '録音', exact: true}).click();
  await page.getByText('録音はまだありません').waitFor();
});
