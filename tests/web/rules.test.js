// A company's own rules, from plain words over a trial on past recordings to the next analysis; and for how long it keeps recordings.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {ask, fitsAPhone, look, openOffice, openSample, until} from './office.js';

let page;
let close;

before(async () => {
  ({page, close} = await openOffice());
  await openSample(page);
});
after(async () => {
  await close?.();
});

const open = async (name) => {
  await page.getByRole('link', {name: '設定', exact: true}).click();
  await page.getByRole('link', {name, exact: true}).click();
};
const trial = () => page.getByRole('region', {name: '試して公開する'});

test('standard rules are found by their examples and can be switched off', async () => {
  await open('判定の規則');
  await page.getByText('自社の変更はまだありません').waitFor();
  await page.getByLabel('例文で探す').fill('土下座しろ');
  const rule = page.getByRole('checkbox', {name: /土下座/}).first();
  await rule.uncheck();
  await page.getByText('下書きは公開されていません').waitFor();
  await page.getByRole('button', {name: '下書きを元に戻す'}).click();
  assert.ok(await rule.isChecked());
  await page.getByLabel('例文で探す').fill('');
});

test('a rule is made from words and tried on past recordings before it counts', async () => {
  await page.getByText('言葉から規則を作る').click();
  await page.getByLabel('類型').selectOption('intimidation');
  await page.getByLabel('この言葉があれば').fill('電話を切ったら\n電話を 切るなら');
  await page.getByLabel(/^最初の言葉のよみ/).fill('でんわをきったら');
  await page.getByLabel('一致すべき例文').fill('電話を切りますか');
  await page.getByLabel(/^深刻度/).fill('60');
  await page.getByRole('button', {name: '下書きに加える'}).click();
  await page.getByRole('button', {name: '過去の録音で試す'}).click();
  await trial().getByRole('alert').getByText('例文「電話を切りますか」に一致しません').waitFor();
  const yaml = page.getByLabel('規則 (YAML)');
  await yaml.fill((await yaml.inputValue()).replace('電話を切りますか', '電話を切ったらどうなるか'));
  await page.getByRole('button', {name: '過去の録音で試す'}).click();
  await trial().getByText('1 件を判定し直しました').waitFor({timeout: 60_000});
  await trial().getByText(/増える .*「電話を切ったら」/).waitFor();
  assert.equal((await ask(page, 'GET', '/api/v1/rulebook')).body.edition, 0);
  await look(page, 'settings-rules');
  await fitsAPhone(page, 'rules');
});

test('published, it counts for the next analysis, and an older edition comes back', async () => {
  await page.getByLabel('変えた理由').fill('同じ言い方のおどしが続いたため');
  await page.getByRole('button', {name: '公開する'}).click();
  await page.getByText('公開しました').waitFor();
  await page.getByText('自社の変更は第 1 版 (桜井').waitFor();
  const {body: {items: [{id}]}} = await ask(page, 'GET', '/api/v1/recordings');
  assert.equal((await ask(page, 'POST', `/api/v1/recordings/${id}/analyse`)).status, 202);
  const reported = async () => (await ask(page, 'GET', `/api/v1/recordings/${id}/report`)).body;
  await until(async () => (await reported()).engine.policy_version.endsWith('+1'));
  assert.ok((await reported()).findings.some((one) => one.quote === '電話を切ったら'));
  await page.getByLabel('規則 (YAML)').fill('');
  await page.getByRole('button', {name: '過去の録音で試す'}).click();
  await trial().getByText(/減る .*「電話を切ったら」/).waitFor({timeout: 60_000});
  await page.getByRole('button', {name: '公開する'}).click();
  await page.getByText('第 2 版', {exact: true}).waitFor();
  await page.getByRole('button', {name: '下書きに読み込む: 1'}).click();
  assert.match(await page.getByLabel('規則 (YAML)').inputValue(), /own\.intimidation\.1/);
});

test('what another time of keeping deletes is told before it is saved', async () => {
  await open('保存期間');
  await page.getByText('標準は 1825 日').waitFor();
  await page.getByLabel('通常の録音').fill('400');
  await page.getByRole('button', {name: '何が消えるかを確かめる'}).click();
  await page.getByRole('alert').getByText(/短くできません/).waitFor();
  await page.getByLabel('通常の録音').fill('100');
  await page.getByRole('button', {name: '何が消えるかを確かめる'}).click();
  await page.getByText('期限を迎える録音はありません').waitFor();
  await page.getByLabel('通常の録音').fill('5');
  await page.getByLabel('疑いのある録音').fill('6');
  await page.getByLabel('ケースになった録音').fill('6');
  await page.getByRole('button', {name: '何が消えるかを確かめる'}).click();
  await page.getByText('7 日後までに 1 件の録音が期限を迎えます').waitFor();
  await look(page, 'settings-keeping');
  await fitsAPhone(page, 'keeping');
  await page.getByRole('button', {name: 'この日数にする'}).click();
  await page.getByText('7 日の猶予のあとに消え始めます').waitFor();
  await page.reload();
  await page.getByLabel('疑いのある録音').waitFor();
  assert.equal(await page.getByLabel('疑いのある録音').inputValue(), '6');
});
