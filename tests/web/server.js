// Starts the real server on an empty folder for one test file, and ends it.
import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

/** Resolves when the server says where it is: {url, firstLink, stop}. */
export async function startServer() {
  const folder = mkdtempSync(join(tmpdir(), 'guardian-serve-'));
  const child = spawn(process.env.GUARDIAN_BINARY, ['--lang', 'en', 'serve', '--data', folder, '--port', '0'],
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
