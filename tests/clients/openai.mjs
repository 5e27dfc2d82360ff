// openai 7.57.0 (npm) against an endpoint's OpenAI routes (spec/runpod.md §2.8, §7.6).
//
// | call                                          | checked                                           |
// |-----------------------------------------------|---------------------------------------------------|
// | models.list                                   | the served name, "object":"model"                 |
// | chat.completions.create                       | role, text, finish_reason, usage adds up          |
// | chat.completions.create, stream               | joined deltas = the unstreamed text; role first   |
// | … stream_options.include_usage                | a last chunk without choices carries usage        |
// | … stream without it                           | no chunk carries usage                            |
// | chat.completions.create, max_tokens           | cut, finish_reason "length"                       |
// | chat.completions.stream().finalChatCompletion | the SDK's own assembly of the stream              |
// | completions.create, also streamed             | text, usage; joined = unstreamed                  |
// | stream aborted by the client                  | the next call works                               |
// | unknown model                                 | APIError, 400 or 404, that names it               |
// | wrong key, unknown endpoint                   | AuthenticationError, NotFoundError                |

import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { finish, startSim, test } from './harness.mjs';

const sim = await startSim();
const MODEL = 'acme/clients-7b';
const baseURL = `${sim.data}/clientswarm/openai/v1`;
const options = { baseURL, apiKey: sim.runpodKey, maxRetries: 0, timeout: 15_000 };
const client = new OpenAI(options);

const ask = (text, more) => ({
  model: MODEL,
  messages: [{ role: 'user', content: text }],
  max_tokens: 200,
  ...more,
});

async function collect(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}
const deltas = (chunks) =>
  chunks
    .flatMap((chunk) => chunk.choices)
    .map((choice) => choice.delta?.content ?? '')
    .join('');

function addsUp(usage) {
  assert.ok(usage.prompt_tokens > 0 && usage.completion_tokens > 0);
  assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
}

await test(
  'models.list names the served model',
  async () => {
    const models = await client.models.list();
    assert.deepEqual(
      models.data.map((model) => [model.id, model.object]),
      [[MODEL, 'model']],
    );
  },
  { vital: true },
);

await test('a chat completion', async () => {
  const answer = await client.chat.completions.create(ask('Say hello.'));
  assert.equal(answer.object, 'chat.completion');
  assert.equal(answer.model, MODEL);
  assert.equal(answer.choices.length, 1);
  assert.equal(answer.choices[0].message.role, 'assistant');
  assert.ok(answer.choices[0].message.content.length > 0);
  assert.equal(answer.choices[0].finish_reason, 'stop');
  assert.ok(
    Math.abs(answer.created - Date.now() / 1000) < 366 * 86_400,
    `created ${answer.created}`,
  );
  addsUp(answer.usage);
});

await test('streamed and unstreamed say the same', async () => {
  const question = 'What does a slipway do?';
  const whole = await client.chat.completions.create(ask(question));
  const chunks = await collect(
    await client.chat.completions.create(ask(question, { stream: true })),
  );
  assert.ok(chunks.length > 2, `${chunks.length} chunks`);
  assert.equal(deltas(chunks), whole.choices[0].message.content);
  assert.equal(chunks[0].choices[0].delta.role, 'assistant');
  assert.deepEqual(
    [...new Set(chunks.map((chunk) => chunk.id))].length,
    1,
    'one id for the whole stream',
  );
  for (const chunk of chunks) assert.equal(chunk.object, 'chat.completion.chunk');
  const ends = chunks.flatMap((chunk) => chunk.choices).filter((choice) => choice.finish_reason);
  assert.deepEqual(
    ends.map((choice) => choice.finish_reason),
    [whole.choices[0].finish_reason],
  );
});

await test('usage comes in a stream when asked for, and only then', async () => {
  const question = 'How many words?';
  const whole = await client.chat.completions.create(ask(question));
  const asked = await collect(
    await client.chat.completions.create(
      ask(question, { stream: true, stream_options: { include_usage: true } }),
    ),
  );
  const last = asked.at(-1);
  assert.deepEqual(last.choices, []);
  assert.deepEqual(last.usage, whole.usage);
  const unasked = await collect(
    await client.chat.completions.create(ask(question, { stream: true })),
  );
  assert.ok(unasked.every((chunk) => !chunk.usage && chunk.choices.length === 1));
});

await test('max_tokens cuts the answer', async () => {
  const cut = await client.chat.completions.create(ask('Tell a long story.', { max_tokens: 3 }));
  assert.equal(cut.choices[0].finish_reason, 'length');
  assert.equal(cut.usage.completion_tokens, 3);
  const whole = await client.chat.completions.create(ask('Tell a long story.'));
  assert.ok(whole.choices[0].message.content.startsWith(cut.choices[0].message.content));
});

await test('the SDK assembles a stream', async () => {
  const stream = client.chat.completions.stream(ask('Assemble this.'));
  const answer = await stream.finalChatCompletion();
  const whole = await client.chat.completions.create(ask('Assemble this.'));
  assert.equal(answer.choices[0].message.content, whole.choices[0].message.content);
  assert.equal(answer.choices[0].message.role, 'assistant');
});

await test('a plain completion, whole and streamed', async () => {
  const request = { model: MODEL, prompt: 'Once upon a time', max_tokens: 50 };
  const whole = await client.completions.create(request);
  assert.equal(whole.object, 'text_completion');
  assert.ok(whole.choices[0].text.length > 0);
  addsUp(whole.usage);
  const chunks = await collect(await client.completions.create({ ...request, stream: true }));
  assert.equal(chunks.map((chunk) => chunk.choices[0]?.text ?? '').join(''), whole.choices[0].text);
});

await test('after an aborted stream the next call works', async () => {
  const stream = await client.chat.completions.create(ask('Talk for long.', { stream: true }));
  for await (const chunk of stream) {
    assert.ok(chunk.id);
    break; // leaving the loop aborts the request
  }
  const answer = await client.chat.completions.create(ask('And now?'));
  assert.ok(answer.choices[0].message.content.length > 0);
});

await test('errors arrive as the SDK expects them', async () => {
  const unknown = await client.chat.completions
    .create(ask('?', { model: 'acme/other' }))
    .catch((error) => error);
  assert.ok(
    unknown instanceof OpenAI.APIError && [400, 404].includes(unknown.status),
    String(unknown),
  );
  assert.match(unknown.message, /acme\/other/);
  await assert.rejects(
    new OpenAI({ ...options, apiKey: 'rpa_NOTAKEY' }).models.list(),
    OpenAI.AuthenticationError,
  );
  await assert.rejects(
    new OpenAI({ ...options, baseURL: `${sim.data}/nosuchendpoint/openai/v1` }).models.list(),
    OpenAI.NotFoundError,
  );
});

await finish();
