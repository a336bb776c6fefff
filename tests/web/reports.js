// Makes real reports with the program: of a recording where there is one, and of transcripts written for a test.
import {execFileSync} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, readdirSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

const program = process.env.GUARDIAN_BINARY;
const repository = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'guardian-web-'));

/** The sample call of the repository, else a synthetic call of the shared material, else null. */
export function recording() {
  for (const place of [join(repository, 'data/sample'), join(repository, '../shared/data/calls')]) {
    if (!existsSync(place)) continue;
    const name = readdirSync(place).sort().find((file) => /\.(wav|mp3|m4a|ogg|opus|flac)$/.test(file));
    if (name) return join(place, name);
  }
  return null;
}

function reportNamed(name) {
  return {html: join(folder, `${name}.report.html`), json: JSON.parse(readFileSync(join(folder, `${name}.report.json`), 'utf8'))};
}

export function reportOfRecording(file) {
  execFileSync(program, ['analyze', file, '--out', folder], {stdio: ['ignore', 'ignore', 'inherit']});
  return reportNamed(file.split('/').pop().replace(/\.[^.]+$/, ''));
}

export function reportOfTranscript(name, turns) {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify({turns}));
  execFileSync(program, ['analyze', '--transcript', file, '--out', folder], {stdio: ['ignore', 'ignore', 'inherit']});
  return reportNamed(name);
}
