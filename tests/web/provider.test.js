// Coming in by the company's identity provider: oidc-provider (certified by the OpenID Foundation) runs beside the real
// server, and a real browser goes there and back.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import Provider from 'oidc-provider';
import {seriousFindings, startBrowser} from './browser.js';
import {freePort, startServer} from './server.js';

const password = 'correct-horse-battery-27';
const secret = 'a-secret-of-the-client-and-of-nobody-else';
let server;
let identities;
let browser;
let page;

/** Every login is a person there; `verified` says whose address the provider vouches for. */
async function startProvider(port, returnTo) {
  const issuer = `http://127.0.0.1:${port}`;
  const provider = new Provider(issuer, {
    clients: [{client_id: 'guardian', client_secret: secret, redirect_uris: [returnTo]}],
    claims: {openid: ['sub'], email: ['email', 'email_verified']},
    pkce: {required: () => true},
    cookies: {keys: ['of this test']},
    findAccount: (context, id) => ({
      accountId: id,
      claims: () => ({sub: id, email: id.replace(/^(twin|claims)-/, ''), email_verified: !id.startsWith('claims-')}),
    }),
  });
  const listening = provider.listen(port, '127.0.0.1');
  await new Promise((resolve) => listening.once('listening', resolve));
  return {issuer, stop: () => new Promise((resolve) => { listening.closeAllConnections(); listening.close(resolve); })};
}

before(async () => {
  const [port, providerPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  identities = await startProvider(providerPort, `${url}/api/v1/session/provider/return`);
  server = await startServer({
    config: `listen: {port: ${port}}\npublic_url: ${url}\nrates: {sign_in: {per_minute: 1000, burst: 1000}}\n`
      + `oidc: {issuer: ${identities.issuer}, client_id: guardian, client_secret_file: secret, name: 社内アカウント}\n`,
    files: {secret: `${secret}\n`},
  });
  browser = await startBrowser();
  page = await browser.context.newPage();
});
after(async () => {
  await browser?.stop();
  const log = await server?.stop();
  await identities?.stop();
  assert.ok(!log?.includes(secret), 'the secret is in the log');
});

/** From the sign-in page there, through its two forms, and back. */
async function comeInAs(login, onTheWay = async () => {}) {
  await browser.context.clearCookies();
  await page.goto(server.url);
  await page.getByRole('link', {name: '社内アカウント でサインイン'}).click();
  await page.locator('input[name=login]').fill(login);
  await page.locator('input[name=password]').fill('whatever');
  await page.getByRole('button', {name: 'Sign-in'}).click();
  await onTheWay();
  await page.getByRole('button', {name: 'Continue'}).click();
  await page.waitForURL(`${server.url}/**`);
}

test('the first user chooses a password and invites a colleague', async () => {
  await page.goto(server.firstLink);
  await page.getByLabel('ログイン名').fill('owner@example.jp');
  await page.getByLabel('名前', {exact: true}).fill('桜井');
  await page.getByLabel('パスワード', {exact: true}).fill(password);
  await page.getByRole('button', {name: '使い始める'}).click();
  await page.getByRole('heading', {name: '今日'}).waitFor();
  const status = await page.evaluate(async () => {
    const session = await (await fetch('/api/v1/session')).json();
    const answer = await fetch('/api/v1/users', {method: 'POST',
      headers: {'Content-Type': 'application/json', 'X-CSRF-Token': session.csrf},
      body: JSON.stringify({login: 'clerk@example.jp', name: '田中', roles: ['auditor']})});
    return answer.status;
  });
  assert.equal(status, 201);
});

test('a colleague comes in without ever choosing a password', async () => {
  await comeInAs('clerk@example.jp');
  await page.getByText('田中').waitFor();
  await page.getByRole('button', {name: 'サインアウト'}).click();
  await page.getByRole('link', {name: '社内アカウント でサインイン'}).waitFor();
  assert.deepEqual(await seriousFindings(page), []);
});

test('the same address with another subject is another person', async () => {
  await comeInAs('twin-clerk@example.jp');
  await page.getByText('あなたのアカウントがまだありません').waitFor();
});

test('a stranger of the provider has no account, and an address that it does not vouch for opens none', async () => {
  for (const login of ['stranger@example.jp', 'claims-owner@example.jp']) {
    await comeInAs(login);
    await page.getByText('あなたのアカウントがまだありません').waitFor();
    assert.equal(await page.evaluate(async () => (await fetch('/api/v1/session')).status), 401);
  }
});

test('a code is worth nothing in a browser that did not begin the sign-in', async () => {
  await comeInAs('clerk@example.jp', () => browser.context.clearCookies({name: 'guardian_provider'}));
  await page.getByText('サインインを最後まで確かめられませんでした').waitFor();
  assert.equal(await page.evaluate(async () => (await fetch('/api/v1/session')).status), 401);
});

test('with the provider away the page says so, and the password still opens', async () => {
  await identities.stop();
  identities = undefined;
  const port = await freePort();
  const fresh = await startServer({config: `listen: {port: ${port}}\npublic_url: http://127.0.0.1:${port}\n`
    + 'oidc: {issuer: "http://127.0.0.1:9", client_id: guardian}\n'});
  try {
    await page.goto(fresh.firstLink);
    await page.getByLabel('ログイン名').fill('owner@example.jp');
    await page.getByLabel('名前', {exact: true}).fill('桜井');
    await page.getByLabel('パスワード', {exact: true}).fill(password);
    await page.getByRole('button', {name: '使い始める'}).click();
    await page.getByRole('button', {name: 'サインアウト'}).click();
    await page.getByRole('link', {name: /でサインイン/}).click();
    await page.getByText('認証サーバーにつながりません').waitFor();
    await page.getByLabel('ログイン名').fill('owner@example.jp');
    await page.getByLabel('パスワード', {exact: true}).fill(password);
    await page.getByRole('button', {name: 'サインイン', exact: true}).click();
    await page.getByRole('heading', {name: '今日'}).waitFor();
  } finally {
    await fresh.stop();
  }
});
