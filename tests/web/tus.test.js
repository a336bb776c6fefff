// tus-js-client, the library of the dashboard, through a connection that is cut: it goes on where it was, and the bytes that
// the server keeps are the file's.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {connect, createServer} from 'node:net';
import {join} from 'node:path';
import {test} from 'node:test';
import {call} from './office.js';
import {startServer} from './server.js';

const tus = createRequire(new URL('../../web/dashboard/package.json', import.meta.url))('tus-js-client');
const digest = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Cuts each of the first `cuts` connections after `most` bytes from the client. */
async function cuttingProxy(port, cuts, most) {
  const proxy = createServer((client) => {
    const server = connect(port, '127.0.0.1');
    let passed = 0;
    const cutting = proxy.cuts < cuts;
    client.on('data', (bytes) => {
      passed += bytes.length;
      if (cutting && passed > most) {
        proxy.cuts += 1;
        client.destroy();
        server.destroy();
      } else {
        server.write(bytes);
      }
    });
    server.on('data', (bytes) => client.write(bytes));
    for (const [one, other] of [[client, server], [server, client]]) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  proxy.cuts = 0;
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return proxy;
}

test('an upload that is cut goes on where it was', {timeout: 60_000}, async () => {
  const server = await startServer({config: 'listen: {port: 0}\nworkers: {number: 0}\n'});
  const made = spawnSync(process.env.GUARDIAN_BINARY, ['api-key', 'add', 'test', '--data', join(server.folder, 'data')], {encoding: 'utf8'});
  assert.equal(made.status, 0, made.stderr);
  const headers = {Authorization: `Bearer ${made.stdout.trim()}`};
  const proxy = await cuttingProxy(Number(new URL(server.url).port), 3, 3_000_000);
  try {
    const sound = Buffer.concat([readFileSync(call), Buffer.alloc(9_000_000, 7)]);
    const offsets = [];
    let place = '';
    await new Promise((resolve, reject) => {
      const upload = new tus.Upload(sound, {
        endpoint: `http://127.0.0.1:${proxy.address().port}/api/v1/uploads`, headers, retryDelays: [0, 50, 100, 200, 400],
        metadata: {filename: '通話.wav', filetype: 'audio/wav', direction: 'inbound'},
        onProgress: (sent) => offsets.push(sent), onError: reject, onSuccess: () => { place = upload.url; resolve(); },
      });
      upload.start();
    });
    assert.equal(proxy.cuts, 3);
    assert.ok(offsets.some((sent) => sent > 3_000_000), 'it began anew each time');
    const id = place.split('/').pop();
    const audio = await fetch(`${server.url}/api/v1/recordings/${id}/audio`, {headers});
    assert.equal(digest(Buffer.from(await audio.arrayBuffer())), digest(sound));
    const recording = await (await fetch(`${server.url}/api/v1/recordings/${id}`, {headers})).json();
    assert.equal(recording.name, '通話.wav');
    assert.equal(recording.direction, 'inbound');
  } finally {
    proxy.close();
    await server.stop();
  }
});
