// mcp: a small MCP client for the unchanged @runpod/mcp-server 4.0.0 (npm), which is started over stdio
// and pointed at slipway-sim.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { atEnd, endProcess, within } from './harness.mjs';

const SERVER = fileURLToPath(
  new URL('node_modules/@runpod/mcp-server/dist/stdio.mjs', import.meta.url),
);
const CALL_LIMIT_MS = 40_000;

// An MCP client over stdio: one JSON-RPC message a line.
export class Mcp {
  #waiting = new Map();
  #next = 1;
  #text = '';

  constructor(sim, key = sim.runpodKey) {
    this.child = spawn(process.execPath, [SERVER], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        RUNPOD_API_KEY: key,
        RUNPOD_API_BASE_URL: sim.control,
        RUNPOD_SERVERLESS_API_URL: sim.data,
        RUNPOD_PUBLIC_GRAPHQL_URL: `${sim.control}/graphql`,
        RUNPOD_AUTHED_GRAPHQL_URL: `${sim.control}/graphql`,
      },
    });
    this.child.stderr.on('data', () => {}); // one line a call, not needed
    this.child.stdout.setEncoding('utf8').on('data', (text) => this.#take(text));
    this.child.once('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the MCP server ended'));
    });
    atEnd(() => endProcess(this.child));
  }

  #take(text) {
    const lines = (this.#text + text).split('\n');
    this.#text = lines.pop();
    for (const line of lines.filter(Boolean)) {
      const message = JSON.parse(line);
      const call = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if (message.error) call?.reject(new Error(JSON.stringify(message.error)));
      else call?.resolve(message.result);
    }
  }

  request(method, params) {
    const id = this.#next++;
    const answer = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    return within(CALL_LIMIT_MS, method, answer);
  }

  async start() {
    const hello = await this.request('initialize', {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'slipway-tests', version: '1' },
    });
    this.child.stdin.write(
      `${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })}\n`,
    );
    return hello;
  }

  async #call(name, args) {
    const result = await this.request('tools/call', { name, arguments: args });
    return { error: result.isError, value: JSON.parse(result.content[0].text) };
  }

  // The tool's value; a tool that reports an error fails the test.
  async call(name, args = {}) {
    const { error, value } = await this.#call(name, args);
    assert.ok(!error, `${name}: ${JSON.stringify(value)}`);
    return value;
  }

  // The tool's error.
  async refuse(name, args = {}) {
    const { error, value } = await this.#call(name, args);
    assert.ok(error, `${name} went through: ${JSON.stringify(value)}`);
    return value;
  }
}
