// @huggingface/hub 2.17.5 (npm) against the Hub (spec/huggingface.md §1-§5, §12), without Xet.
//
// | call                                   | checked                                                     |
// |----------------------------------------|-------------------------------------------------------------|
// | whoAmI                                 | name, type, token role; a wrong token is 401                |
// | createRepo                             | url, id, .gitattributes is there; again: 409                |
// | uploadFiles (useXet false)             | inline, one-PUT and multi-part files in one commit          |
// | listFiles, recursive, expand, by path  | every path, size, git oid, LFS oid; over several pages      |
// | downloadFile whole, slice, raw, by rev | bytes equal what was sent; raw is the pointer               |
// | fileDownloadInfo                       | size and etag; null for what is not there                   |
// | fileExists, pathsInfo                  | true, false; unknown paths are left out                     |
// | downloadFileToCacheDir                 | the cache of spec §1.3: blob, snapshot, ref                 |
// | modelInfo                              | task, library, tags, card, config, file names, head         |
// | parseSafetensorsMetadata               | parameter count read by range requests                      |
// | listModels                             | by owner and by search                                      |
// | uploadFiles of the same again          | nothing is put into storage a second time                   |
// | uploadFiles with a stale parentCommit  | refused, nothing changes                                    |
// | listCommits, countCommits              | titles newest first                                         |
// | createBranch, deleteBranch             | a commit on the branch leaves main alone                    |
// | deleteFiles                            | gone from the tree, still there by revision                 |
// | repoExists, checkRepoAccess            | before and after; anonymous on a private repository         |
// | deleteRepo                             | gone                                                        |

import assert from 'node:assert/strict';
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as hub from '@huggingface/hub';
import {
  atEnd,
  eventually,
  finish,
  gitBlob,
  lfsPointer,
  noise,
  sha256,
  startSim,
  test,
} from './harness.mjs';

const sim = await startSim();
const access = { hubUrl: sim.hub, accessToken: sim.hubToken };
const me = await hub.whoAmI(access);
const repo = { type: 'model', name: `${me.name}/clients-chat` };
const where = { ...access, repo };

const status =
  (...codes) =>
  (error) => {
    assert.ok(
      codes.includes(error.statusCode),
      `status ${error.statusCode}, want ${codes}: ${error.message}`,
    );
    return true;
  };

async function all(generator) {
  const items = [];
  for await (const item of generator) items.push(item);
  return items;
}

// A model.safetensors of `count` float parameters with a proper header.
function safetensors(count, seed) {
  const tensor = { dtype: 'F32', shape: [count], data_offsets: [0, count * 4] };
  let header = JSON.stringify({ __metadata__: { format: 'pt' }, 'model.weight': tensor });
  header = header.padEnd(Math.ceil(header.length / 8) * 8);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, Buffer.from(header), noise(count * 4, seed)]);
}

const PARAMETERS = 10_000_000; // 40 MB: more than one part
const README =
  '---\nlicense: mit\nlibrary_name: transformers\npipeline_tag: text-generation\n---\n# clients-chat\n';
const CONFIG = JSON.stringify(
  { architectures: ['LlamaForCausalLM'], model_type: 'llama', vocab_size: 32000 },
  null,
  2,
);

// path → bytes and how they are to be kept
const files = new Map([
  ['README.md', { bytes: Buffer.from(README) }],
  ['config.json', { bytes: Buffer.from(CONFIG) }],
  ['empty.txt', { bytes: Buffer.alloc(0) }],
  ['data/übung eins.txt', { bytes: Buffer.from('Straße\n') }],
  ['tokenizer.model', { bytes: noise(300_000, 7), lfs: true }], // by .gitattributes
  ['assets/pixels.raw', { bytes: noise(2_000, 8), lfs: true }], // by its bytes
  ['model.safetensors', { bytes: safetensors(PARAMETERS, 9), lfs: true }],
]);
const upload = (paths, more) =>
  hub.uploadFiles({
    ...where,
    useXet: false,
    files: paths.map((path) => ({ path, content: new Blob([files.get(path).bytes]) })),
    ...more,
  });
const puts = async () => (await sim.log()).filter((request) => request.method === 'PUT');
let first;

await test('whoAmI', async () => {
  assert.equal(me.type, 'user');
  assert.equal(me.auth.type, 'access_token');
  assert.ok(['write', 'fineGrained'].includes(me.auth.accessToken.role));
  assert.ok(
    me.auth.accessToken.createdAt instanceof Date &&
      !Number.isNaN(me.auth.accessToken.createdAt.valueOf()),
  );
  await assert.rejects(hub.whoAmI({ ...access, accessToken: 'hf_notatoken' }), status(401));
});

await test(
  'createRepo makes a repository with .gitattributes, once',
  async () => {
    assert.equal(await hub.repoExists(where), false);
    const made = await hub.createRepo({ ...where, visibility: 'private' });
    assert.equal(made.repoUrl, `${sim.hub}/${repo.name}`);
    assert.match(made.id, /^[0-9a-f]{24}$/);
    assert.equal(await hub.repoExists(where), true);
    assert.deepEqual(
      (await all(hub.listFiles(where))).map((file) => file.path),
      ['.gitattributes'],
    );
    await assert.rejects(hub.createRepo({ ...where, visibility: 'private' }), status(409));
  },
  { vital: true },
);

await test(
  'uploadFiles sends small files inline, others to storage, one of them in parts',
  async () => {
    const done = await upload([...files.keys()], { commitTitle: 'Upload the model' });
    assert.match(done.commit.oid, /^[0-9a-f]{40}$/);
    assert.equal(done.commit.url, `${sim.hub}/${repo.name}/commit/${done.commit.oid}`);
    first = done.commit.oid;
  },
  { vital: true, limit: 60_000 },
);

await test('storage got no Authorization, and the large file in parts', async () => {
  const sent = await puts();
  const parts = sent.length - 2;
  assert.ok(parts > 1, `${parts} PUTs for the large file`);
  for (const request of sent) {
    assert.equal(request.authorization, null, request.target);
    assert.equal(request.status, 200);
  }
});

await test('listFiles names every file with its size and hashes', async () => {
  const tree = await all(hub.listFiles({ ...where, recursive: true }));
  const pages = (await sim.log()).filter((request) =>
    /tree.main.*recursive=true/.test(request.target),
  );
  assert.ok(pages.length > 1, `${pages.length} page`);
  const found = new Map(
    tree.filter((entry) => entry.type === 'file').map((entry) => [entry.path, entry]),
  );
  assert.deepEqual(
    [...found.keys()].filter((path) => path !== '.gitattributes').sort(),
    [...files.keys()].sort(),
  );
  for (const [path, { bytes, lfs }] of files) {
    const entry = found.get(path);
    assert.equal(entry.size, bytes.length, path);
    assert.equal(entry.oid, gitBlob(lfs ? lfsPointer(bytes) : bytes), path);
    const pointer = {
      oid: sha256(bytes),
      size: bytes.length,
      pointerSize: lfsPointer(bytes).length,
    };
    assert.deepEqual(entry.lfs, lfs ? pointer : undefined, path);
  }
  const folders = tree
    .filter((entry) => entry.type === 'directory')
    .map((entry) => entry.path)
    .sort();
  assert.deepEqual(folders, ['assets', 'data']);
});

await test('listFiles of a folder, and with the last commit', async () => {
  const top = (await all(hub.listFiles(where))).map((entry) => entry.path);
  assert.ok(top.includes('data') && !top.includes('data/übung eins.txt'));
  const [file] = await all(hub.listFiles({ ...where, path: 'data', expand: true }));
  assert.equal(file.path, 'data/übung eins.txt');
  assert.equal(file.lastCommit.id, first);
  assert.equal(file.lastCommit.title, 'Upload the model');
});

await test(
  'downloadFile gives back the bytes that were sent',
  async () => {
    for (const [path, { bytes }] of files) {
      if (bytes.length === 0) continue; // the client asks for byte 0 of it
      const blob = await hub.downloadFile({ ...where, path });
      assert.equal(blob.size, bytes.length, path);
      assert.equal(sha256(Buffer.from(await blob.arrayBuffer())), sha256(bytes), path);
    }
  },
  { limit: 60_000 },
);

await test('downloadFile of a range, of the pointer, of nothing', async () => {
  const { bytes } = files.get('model.safetensors');
  const blob = await hub.downloadFile({ ...where, path: 'model.safetensors' });
  const range = Buffer.from(await blob.slice(15_999_990, 16_000_010).arrayBuffer());
  assert.deepEqual(range, bytes.subarray(15_999_990, 16_000_010));
  const pointer = await hub.downloadFile({ ...where, path: 'model.safetensors', raw: true });
  assert.equal(await pointer.text(), lfsPointer(bytes).toString());
  assert.equal(await hub.downloadFile({ ...where, path: 'nothing.bin' }), null);
});

await test('fileDownloadInfo knows size and etag', async () => {
  const { bytes } = files.get('tokenizer.model');
  const large = await hub.fileDownloadInfo({ ...where, path: 'tokenizer.model' });
  assert.equal(large.size, bytes.length);
  assert.match(large.etag, /^"[0-9a-f-]+"$/, 'of the storage, which the client went on to');
  const [resolved] = (await sim.log()).filter(
    (request) => request.target.includes('/resolve/') && request.status === 302,
  );
  assert.ok(resolved, 'a large file is a redirect');
  const small = await hub.fileDownloadInfo({ ...where, path: 'config.json' });
  assert.equal(small.size, CONFIG.length);
  assert.equal(small.etag, `"${gitBlob(Buffer.from(CONFIG))}"`);
  assert.equal(await hub.fileDownloadInfo({ ...where, path: 'nothing.bin' }), null);
});

await test('downloadFileToCacheDir lays out the cache', async () => {
  const cacheDir = await mkdtemp(fileURLToPath(new URL('hf-cache-', import.meta.url)));
  atEnd(() => rm(cacheDir, { recursive: true }));
  const { bytes } = files.get('tokenizer.model');
  const path = await hub.downloadFileToCacheDir({ ...where, path: 'tokenizer.model', cacheDir });
  assert.equal(sha256(await readFile(path)), sha256(bytes));
  const folder = join(cacheDir, `models--${repo.name.replace('/', '--')}`);
  assert.equal(path, join(folder, 'snapshots', first, 'tokenizer.model'));
  assert.equal(await realpath(path), join(await realpath(folder), 'blobs', sha256(bytes)));
});

await test('fileExists and pathsInfo', async () => {
  assert.equal(await hub.fileExists({ ...where, path: 'config.json' }), true);
  assert.equal(await hub.fileExists({ ...where, path: 'nothing.json' }), false);
  const infos = await hub.pathsInfo({
    ...where,
    paths: ['config.json', 'nothing.json', 'model.safetensors', 'data'],
  });
  assert.deepEqual(infos.map((info) => [info.path, info.type]).sort(), [
    ['config.json', 'file'],
    ['data', 'directory'],
    ['model.safetensors', 'file'],
  ]);
  const model = infos.find((info) => info.path === 'model.safetensors');
  assert.equal(model.lfs.oid, sha256(files.get('model.safetensors').bytes));
});

await test('modelInfo comes to say text-generation', async () => {
  const info = await eventually('the pipeline tag is there', async () => {
    const seen = await hub.modelInfo({
      ...access,
      name: repo.name,
      additionalFields: [
        'author',
        'cardData',
        'config',
        'library_name',
        'safetensors',
        'sha',
        'tags',
        'filePaths',
      ],
    });
    return seen.task && seen;
  });
  assert.equal(info.name, repo.name);
  assert.match(info.id, /^[0-9a-f]{24}$/);
  assert.equal(info.task, 'text-generation');
  assert.equal(info.private, true);
  assert.equal(info.gated, false);
  assert.equal(info.sha, first);
  assert.equal(info.author, me.name);
  assert.equal(info.library_name, 'transformers');
  assert.equal(info.cardData.license, 'mit');
  assert.deepEqual(info.config.architectures, ['LlamaForCausalLM']);
  assert.equal(info.safetensors.total, PARAMETERS);
  for (const tag of ['transformers', 'safetensors', 'text-generation', 'license:mit']) {
    assert.ok(info.tags.includes(tag), `${tag} in ${info.tags}`);
  }
  assert.deepEqual(
    info.filePaths.filter((path) => path !== '.gitattributes').sort(),
    [...files.keys()].sort(),
  );
  assert.ok(!Number.isNaN(info.updatedAt.valueOf()));
});

await test('parseSafetensorsMetadata reads the header by ranges', async () => {
  const parsed = await hub.parseSafetensorsMetadata({ ...where, computeParametersCount: true });
  assert.equal(parsed.sharded, false);
  assert.deepEqual(parsed.header['model.weight'].shape, [PARAMETERS]);
  assert.deepEqual(parsed.parameterCount, { F32: PARAMETERS });
});

await test('listModels finds it by owner and by name', async () => {
  const owned = await all(hub.listModels({ ...access, search: { owner: me.name } }));
  assert.ok(owned.some((model) => model.name === repo.name));
  assert.ok(owned.every((model) => model.name.startsWith(`${me.name}/`)));
  const found = await all(hub.listModels({ ...access, search: { query: 'clients-ch' } }));
  assert.deepEqual(
    found.map((model) => model.name),
    [repo.name],
  );
  assert.equal((await all(hub.listModels({ ...access, limit: 1 }))).length, 1);
});

await test('uploading the same again puts nothing into storage', async () => {
  const before = (await puts()).length;
  const again = await upload(['model.safetensors', 'tokenizer.model', 'config.json'], {
    commitTitle: 'The same again',
  });
  assert.equal((await puts()).length, before);
  const [entry] = await hub.pathsInfo({
    ...where,
    paths: ['model.safetensors'],
    revision: again.commit.oid,
  });
  assert.equal(entry.lfs.oid, sha256(files.get('model.safetensors').bytes));
});

await test('a stale parentCommit is refused and changes nothing', async () => {
  const head = (await hub.modelInfo({ ...access, name: repo.name, additionalFields: ['sha'] })).sha;
  files.set('stale.txt', { bytes: Buffer.from('too late\n') });
  await assert.rejects(upload(['stale.txt'], { parentCommit: '0'.repeat(40) }), status(409, 412));
  await upload(['stale.txt'], { parentCommit: head, commitTitle: 'In time' });
  assert.equal(await hub.fileExists({ ...where, path: 'stale.txt' }), true);
});

await test('listCommits tells the history, newest first', async () => {
  const commits = await all(hub.listCommits(where));
  assert.equal(commits[0].title, 'In time');
  assert.ok(commits.some((commit) => commit.oid === first && commit.title === 'Upload the model'));
  assert.equal(commits.at(-1).title, 'initial commit');
  assert.equal(await hub.countCommits(where), commits.length);
  assert.equal(commits[0].authors[0].username, me.name);
  assert.ok(!Number.isNaN(commits[0].date.valueOf()));
});

await test('a branch is its own line', async () => {
  await hub.createBranch({ ...where, branch: 'trial' });
  files.set('trial.txt', { bytes: Buffer.from('only here\n') });
  await upload(['trial.txt'], { branch: 'trial' });
  assert.equal(await hub.fileExists({ ...where, path: 'trial.txt', revision: 'trial' }), true);
  assert.equal(await hub.fileExists({ ...where, path: 'trial.txt' }), false);
  await hub.deleteBranch({ ...where, branch: 'trial' });
  await assert.rejects(all(hub.listFiles({ ...where, revision: 'trial' })), status(404));
});

await test('deleteFiles takes them out of the head, not out of the history', async () => {
  await hub.deleteFiles({
    ...where,
    paths: ['tokenizer.model', 'data/übung eins.txt'],
    commitTitle: 'Delete two',
  });
  const paths = (await all(hub.listFiles({ ...where, recursive: true }))).map(
    (entry) => entry.path,
  );
  assert.ok(
    !paths.includes('tokenizer.model') &&
      !paths.includes('data') &&
      paths.includes('model.safetensors'),
  );
  const old = await hub.downloadFile({ ...where, path: 'tokenizer.model', revision: first });
  assert.equal(
    sha256(Buffer.from(await old.arrayBuffer())),
    sha256(files.get('tokenizer.model').bytes),
  );
});

await test('a private repository is closed to others', async () => {
  await hub.checkRepoAccess(where);
  const anonymous = { hubUrl: sim.hub, repo };
  await assert.rejects(hub.checkRepoAccess(anonymous), status(401, 404));
  await assert.rejects(
    hub.fileDownloadInfo({ ...anonymous, path: 'config.json' }),
    status(401, 404),
  );
  await assert.rejects(upload(['stale.txt'], { accessToken: 'hf_notatoken' }), status(401));
});

await test('deleteRepo removes it', async () => {
  await hub.deleteRepo(where);
  assert.equal(await hub.repoExists(where), false);
  await assert.rejects(hub.deleteRepo(where), status(404));
});

await finish();
