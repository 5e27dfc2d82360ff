// What `slipway upload` put on the Hub, fetched back by @huggingface/hub (npm), byte for byte: the four
// real model folders that can be uploaded, one of them after completion from a base model in the cache.
//
// Environment: SLIPWAY_SIM (slipway lies beside it), MODELS (the folder of the packed models).

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import * as hub from '@huggingface/hub';
import { atEnd, finish, sha256, startSim, test } from './harness.mjs';

const run = promisify(execFile);
const sim = await startSim();
const slipway = join(dirname(process.env.SLIPWAY_SIM), 'slipway');
const access = { hubUrl: sim.hub, accessToken: sim.hubToken };
const me = await hub.whoAmI(access);
const work = await mkdtemp(join(tmpdir(), 'slipway-clients-'));
atEnd(() => rm(work, { recursive: true, force: true }));

const unpack = (name) => run('tar', ['-xzf', join(process.env.MODELS, `${name}.tar.gz`), '-C', work]);

async function upload(name, more) {
  const { stdout } = await run(
    slipway,
    ['upload', join(work, name), '--repo', `${me.name}/${name}`, '--yes', '--json', '--quiet', ...more],
    {
      env: {
        PATH: process.env.PATH,
        HOME: work,
        HF_ENDPOINT: sim.hub,
        HF_TOKEN: sim.hubToken,
        HF_HUB_CACHE: join(work, 'cache'),
      },
    },
  );
  return JSON.parse(stdout);
}

// The repository has what was said, and it is what lies in the folder, or what was said to be added.
async function compare(name, operation) {
  const repo = { type: 'model', name: `${me.name}/${name}` };
  const checked = new Map(operation.checklist.files.map((f) => [f.path, f]));
  let files = 0;
  for await (const entry of hub.listFiles({ ...access, repo, recursive: true })) {
    if (entry.type !== 'file' || entry.path === '.gitattributes') continue;
    const blob = await hub.downloadFile({ ...access, repo, path: entry.path });
    const bytes = Buffer.from(await blob.arrayBuffer());
    const told = operation.files.find((f) => f.path === entry.path);
    assert.ok(told, `${entry.path} was not meant`);
    assert.equal(sha256(bytes), told.sha256, entry.path);
    if (checked.get(entry.path).origin === 'here')
      assert.ok(bytes.equals(await readFile(join(work, name, entry.path))), entry.path);
    files++;
  }
  assert.equal(files, operation.files.length);
}

await unpack('cache');
const base = ['--base-model', 'acme/tiny-base'];
for (const [name, more] of [
  ['tiny-sft-merged', []],
  ['tiny-sft-sharded', []],
  ['tiny-lora-adapter', [...base, '--mend-readme']],
  ['tiny-sft-incomplete', base],
]) {
  await test(`${name} comes back as it was uploaded`, async () => {
    await unpack(name);
    const operation = await upload(name, more);
    assert.equal(operation.state, 'done');
    assert.equal(operation.safe_to_delete, true);
    await compare(name, operation);
  });
}
await finish();
