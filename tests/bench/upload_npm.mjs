// Uploads a folder with @huggingface/hub, as a user of it would: uploadFiles with file URLs, without Xet.
//
//   node upload_npm.mjs HUB REPO FOLDER        prints {"seconds": …}
//
// Lies beside node_modules when it runs (tests/bench/upload.c copies it there).
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as hub from '@huggingface/hub';

const [hubUrl, name, folder] = process.argv.slice(2);
const where = { hubUrl, accessToken: process.env.HF_TOKEN, repo: { type: 'model', name } };

await hub.createRepo({ ...where, visibility: 'private' });
const files = (await readdir(folder)).map((path) => ({
  path,
  content: pathToFileURL(join(folder, path)),
}));
const begin = performance.now();
await hub.uploadFiles({ ...where, files, useXet: false, commitTitle: 'Upload model' });
console.log(JSON.stringify({ seconds: (performance.now() - begin) / 1000 }));
