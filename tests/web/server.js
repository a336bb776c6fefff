// Starts the real server on an empty folder for one test file, and ends it.
import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

/** A port that was free a moment ago. */
export async function freePort() {
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const {port} = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** Resolves when the server says where it is: {url, firstLink, folder, stop}. `config`: YAML beyond the data folder. */
export async function startServer({config = 'listen: {port: 0}\n', files = {}} = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'guardian-serve-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, 'guardian.yaml'), `data: ${join(folder, 'data')}\n${config}`);
  const child = spawn(process.env.GUARDIAN_BINARY, ['--lang', 'en', 'serve', '--config', join(folder, 'guardian.yaml')],
    {stdio: ['ignore', 'pipe', 'pipe']});
  let said = '';
  let log = '';
  child.stderr.on('data', (bytes) => { log += bytes; });
  const told = await new Promise((resolve, reject) => {
    child.on('exit', (code) => reject(new Error(`guardian serve ended with ${code}\n${log}`)));
    child.stdout.on('data', (bytes) => {
      said += bytes;
      const link = /(http:\S+\/invitation\S*)/.exec(said);
      if (link && said.endsWith('\n')) resolve({url: /Serving at (\S+)/.exec(said)[1], firstLink: link[1]});
    });
  });
  return {
    ...told,
    folder,
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.removeAllListeners('exit');
      child.once('exit', () => {});
      const over = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGINT');
      await Promise.race([over, ended]);
      rmSync(folder, {recursive: true, force: true});
      return log;
    },
  };
}
