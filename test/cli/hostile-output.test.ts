/* Texts with control characters from any source: file names, headers, cells, the command line, and the errors, results and output of a
   server. Commands print such texts without any character on which a terminal acts, and JSON stays valid. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { FakePeer } from '../helpers/fake-server.js'
import { startFakeServer, type Received } from '../helpers/fake-server.js'
import { actingIn, terminalText } from '../helpers/hostile-text.js'
import { deepTest, forAllAsync } from '../helpers/runs.js'
import { vectorOf } from '../../src/protocol/element.js'
import type { Value, Vector } from '../../src/protocol/value.js'
import { runMain, type FakeTerminals, type Outcome } from './run-cli.js'
import { startServerFor } from '../helpers/load-server.js'
import { tableOf } from '../helpers/values.js'

const terminal: FakeTerminals = {
  stdoutColumns: 80,
  stderrColumns: 80,
  environment: { NO_COLOR: '1', TERM: 'dumb' },
}

/** @throws AssertionError if the output contains anything on which a terminal would act */
async function checked(argv: readonly string[], environment = {}, stdin = ''): Promise<Outcome> {
  const outcome = await runMain(argv, {
    ...terminal,
    environment: { ...terminal.environment, ...environment },
    stdin,
  })
  for (const stream of ['stdout', 'stderr'] as const) {
    assert.equal(actingIn(outcome[stream]), undefined, `${stream} of ${JSON.stringify(argv)}`)
  }
  assert.notEqual(outcome.code, 70, outcome.stderr)
  return outcome
}

const jsonLines = (text: string): unknown[] =>
  text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as unknown)

/** A hostile text that is a possible file name. */
const fileName = terminalText.map(text => `a${text.replace(/[\0/\n]|[\ud800-\udfff]/g, '')}`)

const scratch = (t: Test): string => mkdtempSync(join(t.testdir(), 'x'))

t.test('typed text', async t => {
  const folder = scratch(t)
  await forAllAsync(8)(terminalText, async text => {
    const path = join(folder, 'options')
    writeFileSync(path, `--table t\n--map a=${text}\n${text}\n`)
    for (const argv of [
      [text],
      ['help', text],
      [text, '--help'],
      ['load', `--${text}`],
      ['load', `--${text}=1`],
      ['load', text, '-t', 'x', '--host', '127.0.0.1:1', '--retries', '0'],
      ['load', 'x', '-t', text],
      ['load', 'x', '-t', 't', '--method', text],
      ['load', 'x', '--function', text, '--types', 'a:INT'],
      ['load', 'x', '--function', 'f', '--types', text],
      ['load', 'x', '-t', 't', '--batch-rows', `x${text}`],
      ['load', 'x', '-t', 't', `--json=/nowhere/${text}`],
      ['load', 'x', '-t', 't', '--rejects', `/nowhere/${text}`, '--json'],
      ['load', 'x', '-t', 't', '--user', text],
      ['load', 'x', '-t', 't', '--user', 'a', '--password-file', `/nowhere/${text}`],
      ['load', 'x', '-t', 't', '--run-id', text],
      ['load', 'x', '-t', 't', `@${path}`],
      ['load', 'x', '-t', 't', `@/nowhere/${text}`],
      ['exec', `/nowhere/${text}`],
      ['exec', '-e', '1', '--host', text.slice(0, 3)],
      ['exec', '-e', '1', '--output', text],
      ['exec', '-e', '1', '--tls', '--ca-file', `/nowhere/${text}`],
      ['serve', '--port', `x${text}`],
      ['serve', '--init', `/nowhere/${text}`],
      ['bench', '--requests', `x${text}`],
      ['selftest', '--time-limit', `x${text}`],
      ['resume', text, '--state-dir', folder],
      ['runs', text, '--state-dir', folder],
      ['runs', text, '--clean', '--state-dir', folder],
      ['runs', '--state-dir', `/nowhere/${text}`],
    ]) {
      // If the arguments do not contain a port, the command gets a port on which nothing listens.
      const port = argv[0] === 'serve' ? {} : { DDB_PORT: '1' }
      const { stdout } = await checked(argv, port)
      if (argv.includes('--json')) jsonLines(stdout)
    }
    await checked(['load', 'x'], { DDB_INGEST_TABLE: text, DDB_PORT: '1' })
    await checked(['load', 'x'], { [`DDB_INGEST_${text.replace(/[=\0]/g, '')}`]: '1' })
  })
})

deepTest(t, 'file names, headers, cells', async t => {
  const server = await startServerFor(t, {
    initScript: 'share streamTable(10:0, `id`sym, [INT,STRING]) as target',
  })
  const login = { DDB_PORT: String(server.port), DDB_USER: 'admin', DDB_PASSWORD: '123456' }
  await forAllAsync(4)(fileName, terminalText, async (name, text) => {
    const folder = scratch(t)
    const input = join(folder, `${name}.csv`)
    const quoted = `"${text.replaceAll('"', '""')}"`
    for (const content of [
      `id,sym\n${quoted},${quoted}\n2,b\n`,
      `id,${quoted}\n1,a\n`,
      `id,sym\n1,a,${quoted}\n`,
      `id,sym\n1,"${text}`,
    ]) {
      writeFileSync(input, content)
      for (const further of [
        [],
        ['--rejects', join(folder, `${name}.rejects`)],
        ['--json', '--on-error', 'skip'],
      ]) {
        const argv = ['load', input, '-t', 'target', '--header', 'yes', ...further]
        const { stdout } = await checked(argv, login)
        if (further.includes('--json')) jsonLines(stdout)
        rmSync(join(folder, `${name}.rejects`), { force: true })
        rmSync(join(folder, `${name}.rejects.reasons.ndjson`), { force: true })
      }
    }
    const state = ['--state-dir', folder]
    await checked(['load', input, '-t', 'target', '--run-id', 'r', ...state], login)
    await checked(['runs', ...state], login)
    await checked(['runs', 'r', ...state], login)
    jsonLines((await checked(['runs', '--json', ...state], login)).stdout)
    await checked(['exec', '-e', `select * from target`], login)
    await checked(['exec', '-e', `print(${JSON.stringify('x')})`], login)
  })
})

const column = (value: string): Vector => vectorOf({ type: 'STRING' }, [value]) as Vector

/** Results that contain the text. */
const valuesOf = (text: string): readonly Value[] => [
  { form: 'scalar', type: 'STRING', value: text },
  column(text),
  tableOf({ [`c${text}`]: column(text) }),
  { form: 'dictionary', keys: column(text), values: column(text) },
]

t.test("the server's texts", async t => {
  let answer: (received: Received, peer: FakePeer) => void = () => undefined
  const server = await startFakeServer(t, (received, peer) => answer(received, peer))
  const login = { DDB_PORT: String(server.port) }
  const folder = scratch(t)
  const input = join(folder, 'in.csv')
  writeFileSync(input, 'id,sym\n1,a\n')
  await forAllAsync(6)(terminalText, async found => {
    // In an answer, a NUL ends a text and a line feed ends an error.
    const said = found.replace(/[\0]/g, '')
    const line = said.replace(/\n/g, ' ')
    for (const value of valuesOf(said)) {
      answer = (_, peer) => {
        peer.print(said)
        peer.reply({ value })
      }
      for (const output of ['table', 'csv', 'json']) {
        const { stdout } = await checked(['exec', '-e', '1', '--output', output], login)
        if (output === 'json') JSON.parse(stdout)
      }
    }
    answer = (_, peer) => peer.reply({ error: line })
    for (const argv of [
      ['exec', '-e', '1'],
      ['exec', '-e', '1', '--json'],
      ['load', input, '-t', 'target'],
      ['load', input, '-t', 'target', '--json'],
      ['load', input, '--function', 'f', '--types', 'id:INT,sym:STRING', '--mode', 'sync'],
      ['bench', '--requests', '1'],
    ]) {
      const { stdout } = await checked(argv, login)
      if (argv.includes('--json')) jsonLines(stdout)
    }
  })
})

t.test('answers of a peer that is not a server', async t => {
  let answer = ''
  const server = await startFakeServer(t, (_, peer) => peer.socket.end(answer), {
    answerConnect: false,
  })
  await forAllAsync(10)(terminalText, async said => {
    for (const form of [`${said}\n`, `1 0 1\n${said}\n`, `MSG\n${said}\0`, `77 1 1\nOK\n${said}`]) {
      answer = form
      await checked(['exec', '-e', '1', '--json'], { DDB_PORT: String(server.port) })
    }
  })
})
