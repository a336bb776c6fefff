// A case from its notice to its closure, and the same customer's earlier call.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {after, before, test} from 'node:test';
import {ask, call, fitsAPhone, look, openOffice, until} from './office.js';

let page;
let close;

/** The sample call of a known customer; a byte behind its end makes the second one another recording. */
async function bringIn(counterpart, startedAt, more, employee) {
  const bytes = Array.from(Buffer.concat([readFileSync(call), Buffer.from(more)]));
  return page.evaluate(async ([sound, who, when, whose]) => {
    const session = await (await fetch('/api/v1/session')).json();
    const form = new FormData();
    form.append('counterpart', who);
    form.append('started_at', when);
    if (whose) form.append('employee', whose);
    form.append('file', new Blob([new Uint8Array(sound)]), 'call.wav');
    return (await fetch('/api/v1/recordings', {method: 'POST', headers: {'X-CSRF-Token': session.csrf}, body: form})).status;
  }, [bytes, counterpart, startedAt, employee]);
}

before(async () => {
  ({page, close} = await openOffice());
  const {body: group} = await ask(page, 'POST', '/api/v1/groups', {name: '本店'});
  const hired = [];
  for (const code of ['e-1', 'e-2', 'e-3', 'e-4', 'e-5'])  // fewer would not be shown as a group
    hired.push((await ask(page, 'POST', '/api/v1/employees', {code, name: `店員 ${code}`, group: group.id})).body);
  assert.equal(await bringIn('K-100', '2026-10-05T10:00:00+09:00', ''), 201);
  assert.equal(await bringIn('K-100', '2026-11-20T10:00:00+09:00', '..', hired[0].code), 201);
});
after(async () => {
  await close?.();
});

const column = (name) => page.locator('section', {has: page.getByRole('heading', {name, exact: true, level: 2})});

test('the first page tells when what waits will be finished', async () => {
  await page.getByText(/に終わる見込み/).first().waitFor();
});

test('two cases wait on the board', async () => {
  await page.getByRole('link', {name: 'ケース', exact: true}).click();
  await until(async () => (await ask(page, 'GET', '/api/v1/cases?state=open')).body.items.length === 2);
  await page.reload();
  await column('未確認').getByRole('link').nth(1).waitFor();
  await column('終了').getByText('ありません').waitFor();
  await look(page, 'cases-board');
  await fitsAPhone(page, 'board');
  await page.getByRole('button', {name: '一覧'}).click();
  await page.getByRole('cell', {name: '未確認'}).first().waitFor();
  await page.getByRole('button', {name: 'ボード'}).click();
});

test('one gets an owner, a deadline, a level and care for the employee', async () => {
  await column('未確認').getByRole('link', {name: /2026\/11\/20/}).click();
  await page.getByRole('button', {name: '確認しました', exact: true}).click();
  await page.getByLabel('担当').selectOption({label: '桜井'});
  await page.getByRole('button', {name: '担当にする'}).click();
  await page.getByText('対応中').first().waitFor();
  await page.getByLabel('期限').fill('2026-11-21T17:00');
  await page.getByRole('button', {name: '期限を決める'}).click();
  await page.getByText('期限を過ぎています').waitFor();
  await page.getByLabel('対応の段階').selectOption('5');
  await page.getByLabel('理由').fill('加害の予告があったため相談した');
  await page.getByRole('button', {name: 'この段階にする'}).click();
  await page.getByText('「L5 加害の予告があったため相談した」').waitFor();
  await page.getByRole('checkbox', {name: /本人の話を聞いた/}).check();
  await page.getByText(/桜井 \(/).waitFor();
  await page.getByText('「何があったか、本人の話を聞いた」').waitFor();
});

test('on the board a case is acknowledged and taken with one press each', async () => {
  await page.getByRole('link', {name: 'ケース', exact: true}).click();
  await column('対応中').getByText('担当: 自分').waitFor();
  await column('未確認').getByRole('button', {name: /^確認しました/}).click();
  await column('確認済み').getByRole('button', {name: /^自分が担当する/}).click();
  await page.getByText('自分が担当になりました').waitFor();
  await page.getByRole('button', {name: '元に戻す'}).click();
  await column('確認済み').getByRole('button', {name: /^自分が担当する/}).click();
  await column('対応中').getByRole('link').nth(1).waitFor();
  await column('未確認').getByText('ありません').waitFor();
  await column('対応中').getByRole('link', {name: /2026\/11\/20/}).click();
});

test('the customer’s earlier call and the topics that came back are there', async () => {
  const counterpart = page.locator('section', {has: page.getByRole('heading', {name: '同じ顧客とのこれまで'})});
  await counterpart.getByText('2 回、合わせて').waitFor();
  await counterpart.getByText('2026-10: 1 回').waitFor();
  await counterpart.getByText('繰り返された話題').waitFor();
  await look(page, 'case-work');
  await fitsAPhone(page, 'case');
});

/** The words of a PDF behind a link of the page. */
async function wordsOf(name) {
  const href = await page.getByRole('link', {name}).getAttribute('href');
  const bytes = await page.evaluate(async (url) => Array.from(new Uint8Array(await (await fetch(url, {headers: {'Accept-Language': 'ja'}})).arrayBuffer())), href);
  return execFileSync('pdftotext', ['-', '-'], {input: Buffer.from(bytes), encoding: 'utf8'});
}

test('the case is printed with what was done and what was said', async () => {
  const words = await wordsOf('ケースの記録 (PDF)');
  for (const part of ['ケースの記録', '加害の予告があったため相談した', '本人の話を聞いた', '殺すぞ', '脅迫', 'SHA-256']) assert.ok(words.includes(part), part);
});

test('it is closed with a reason and moves to the end of the board', async () => {
  await page.getByRole('textbox', {name: 'メモ'}).fill('警察に相談済み、以後は書面で対応');
  await page.getByRole('button', {name: '終了する'}).click();
  await page.getByText('「警察に相談済み、以後は書面で対応」').waitFor();
  await page.getByRole('link', {name: 'ケース', exact: true}).click();
  await column('終了').getByRole('link').first().waitFor();
  const {body} = await ask(page, 'GET', '/api/v1/cases?state=closed');
  assert.equal(body.items[0].escalation, 5);
});

test('several recordings are analysed again at once, and what cannot be done is told', async () => {
  await page.getByRole('link', {name: '録音', exact: true}).click();
  await page.getByRole('checkbox', {name: /選ぶ/}).nth(1).waitFor();
  for (const box of await page.getByRole('checkbox', {name: /選ぶ/}).all()) await box.check();
  await page.getByRole('group', {name: '2 件を選択中'}).getByRole('button', {name: '分析を取り消す'}).click();
  await page.getByText('2 件のうち 0 件を行いました').waitFor();
  for (const box of await page.getByRole('checkbox', {name: /選ぶ/}).all()) await box.check();
  await page.getByRole('button', {name: '分析し直す'}).click();
  await page.getByText('2 件のうち 2 件を行いました').waitFor();
  await fitsAPhone(page, 'recordings');
  await until(async () => (await ask(page, 'GET', '/api/v1/recordings')).body.items.every((one) => one.state === 'analysed'));
});

test('the months show what was found, when, and what makes it rarer', async () => {
  await page.getByRole('link', {name: '傾向', exact: true}).click();
  await page.getByLabel('いつから').fill('2026-10-01');
  await page.getByLabel('いつまで').fill('2026-11-30');
  await page.getByRole('button', {name: '表示'}).click();
  await page.getByText('疑い 2 件 / 録音 2 件 (少ないため割合なし)').first().waitFor();
  const hours = page.locator('figure', {hasText: '時間帯ごと'});
  await hours.getByText('数を表で見る').click();
  await hours.getByRole('row', {name: /^10 疑い 2 件/}).waitFor();
  const proposal = page.getByRole('listitem').filter({hasText: '脅迫'});
  await proposal.getByText('来訪の予告があった場合').waitFor();
  await page.getByLabel('種類をしぼる').selectOption({label: '脅迫'});
  await hours.getByRole('row', {name: /^10 脅迫 2 件/}).waitFor();
  await page.locator('figure', {hasText: '最初の検知の直前'}).getByText('数を表で見る').click();
  await look(page, 'insights');
  await fitsAPhone(page, 'insights');
  const words = await wordsOf('2026-11 の月次報告 (PDF)');
  for (const part of ['2026-11', '月次報告', '脅迫', '減らすためにできること', '前の月']) assert.ok(words.includes(part), part);
  await page.getByLabel('グループをしぼる').selectOption({label: '本店'});
  await page.getByRole('button', {name: '表示'}).click();
  await page.getByText(/^脅迫 1 件 \/ 録音 1 件/).first().waitFor();
  await proposal.getByRole('link').first().click();
  await page.getByRole('heading', {name: '疑いのある箇所'}).waitFor();
});
