/*
  --metrics-file: parsed as Prometheus' text format, against the result of the same run.
*/
import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import t from 'tap'
import { main } from '../../../src/cli/main.js'
import type { LoadResult } from '../../../src/load/options.js'
import { metricsText } from '../../../src/cli/output/metrics.js'
import { startServer } from '../../../src/server/index.js'
import { fakeProcess, runMain, type Outcome } from '../run-cli.js'

const server = await startServer({
  port: 0,
  initScript: 'share streamTable(100:0, `id`price, [INT, DOUBLE]) as prices',
})
t.teardown(() => server.close())

const load = (argv: readonly string[], stdin: string): Promise<Outcome> =>
  runMain(['load', '--port', String(server.port), '-t', 'prices', '--json', ...argv], { stdin })

interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

/** Reads the text format 0.0.4; throws at anything it does not allow. */
function parseMetrics(text: string): { samples: Sample[]; types: Map<string, string> } {
  const types = new Map<string, string>()
  const helps = new Set<string>()
  const samples: Sample[] = []
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  for (const line of text.slice(0, -1).split('\n')) {
    const comment = /^# (HELP|TYPE) ([a-z_:][a-z0-9_:]*) (.+)$/.exec(line)
    if (comment !== null) {
      const [, kind, name = '', rest = ''] = comment
      if (kind === 'HELP') helps.add(name)
      else if (types.has(name)) throw new Error(`two types: ${line}`)
      else types.set(name, rest)
      continue
    }
    const sample = /^([a-z_:][a-z0-9_:]*)\{(.*)\} (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/.exec(line)
    if (sample === null) throw new Error(`not understood: ${line}`)
    const [, name = '', labelText = '', value] = sample
    if (!types.has(name) || !helps.has(name)) throw new Error(`no HELP and TYPE before: ${line}`)
    samples.push({ name, labels: parseLabels(labelText), value: Number(value) })
  }
  return { samples, types }
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  let rest = text
  while (rest !== '') {
    const match = /^([a-z_][a-z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/.exec(rest)
    if (match === null) throw new Error(`labels not understood: ${rest}`)
    labels[match[1]!] = match[2]!.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c))
    rest = rest.slice(match[0].length)
  }
  return labels
}

/** Values by name, and by the label that tells samples of one name apart. */
function valuesOf(text: string): Map<string, number> {
  const { samples } = parseMetrics(text)
  const own = ['outcome', 'code', 'quantile']
  return new Map(
    samples.map(({ name, labels, value }) => [
      [name, ...own.flatMap(label => labels[label] ?? [])].join(' '),
      value,
    ]),
  )
}

t.test('the figures are those of the result', async t => {
  const path = join(t.testdir(), 'run.prom')
  const outcome = await load(
    ['--metrics-file', path, '--on-error', 'skip'],
    'id,price\n1,1\nx,2\n3,3\n',
  )
  t.equal(outcome.code, 3)
  const result = JSON.parse(outcome.stdout) as LoadResult
  const text = readFileSync(path, 'utf8')
  const values = valuesOf(text)
  t.equal(values.get('ddb_ingest_rows_read'), 3)
  for (const [outcome, rowCount] of Object.entries(result.rows)) {
    if (outcome !== 'read') t.equal(values.get(`ddb_ingest_rows ${outcome}`), rowCount, outcome)
  }
  t.equal(values.get('ddb_ingest_rejected_rows DDB_INPUT_CELL'), 1)
  t.equal(values.get('ddb_ingest_input_bytes'), result.inputs[0]!.bytes)
  t.equal(values.get('ddb_ingest_batches sent'), 1)
  t.equal(values.get('ddb_ingest_exit_code'), 3)
  t.equal(values.get('ddb_ingest_last_run_timestamp_seconds'), Date.parse(result.endedAt) / 1000)
  t.equal(values.get('ddb_ingest_peak_memory_bytes'), result.memory.peakRssBytes)
  const p95 = values.get('ddb_ingest_batch_latency_seconds 0.95')!
  t.ok(Math.abs(p95 * 1000 - result.latencyMs.p95!) < 0.01)
  t.notOk(values.has('ddb_ingest_last_success_timestamp_seconds'), 'there was no success yet')
  const { samples, types } = parseMetrics(text)
  t.equal(types.get('ddb_ingest_batch_latency_seconds'), 'summary')
  t.ok(samples.every(({ labels }) => labels['target'] === 'prices'))
  t.ok([...types.keys()].every(name => name.startsWith('ddb_ingest_')))
})

t.test('a run that fails is written, too, and does not forget the last success', async t => {
  const dir = t.testdir()
  const path = join(dir, 'run.prom')
  const good = await load(['--metrics-file', path], 'id,price\n1,1\n')
  const success = Date.parse((JSON.parse(good.stdout) as LoadResult).endedAt) / 1000
  for (const argv of [
    ['/no/such.csv'],
    ['-t', 'pricse'],
    ['--function', 'f', '--types', 'a:INT'],
  ]) {
    const { code } = await load([...argv, '--metrics-file', path], 'id,price\n1,1\n')
    t.not(code, 0)
    const values = valuesOf(readFileSync(path, 'utf8'))
    t.equal(values.get('ddb_ingest_exit_code'), code)
    t.equal(values.get('ddb_ingest_last_success_timestamp_seconds'), success)
  }
  t.strictSame(readdirSync(dir), ['run.prom'], 'nothing else is left')
})

t.test('paths that cannot be written stop the run before it begins', async t => {
  const dir = t.testdir({ folder: {} })
  const before = server.counters.requests
  for (const path of ['/no/such/run.prom', join(dir, 'new/'), join(dir, 'folder')]) {
    const { code, stderr } = await load(['--metrics-file', path], 'id,price\n1,1\n')
    t.equal(code, 73, path)
    t.match(stderr, /cannot create the metrics.*\[DDB_OUTPUT_CREATE\]/)
  }
  const input = join(dir, 'rows.csv')
  writeFileSync(input, 'id,price\n1,1\n')
  t.match(await load([input, '--metrics-file', input], ''), { code: 64 })
  t.equal(server.counters.requests, before)
  t.strictSame(readdirSync(dir).sort(), ['folder', 'rows.csv'])
})

t.test('a device takes the figures, and stays one', async t => {
  t.equal((await load(['--metrics-file', '/dev/null'], 'id,price\n1,1\n')).code, 0)
  t.ok(lstatSync('/dev/null').isCharacterDevice())
})

t.test('a file that cannot be replaced in the end is 74', async t => {
  const dir = t.testdir()
  const path = join(dir, 'run.prom')
  // While the run goes on a folder takes the place.
  server.node.beforeWrite = () => {
    mkdirSync(join(path, 'in-the-way'), { recursive: true })
    return undefined
  }
  t.teardown(() => (server.node.beforeWrite = undefined))
  const { code, stderr } = await load(['--metrics-file', path], 'id,price\n1,1\n')
  t.equal(code, 74)
  t.match(stderr, /cannot write the metrics.*\[DDB_OUTPUT_WRITE\]/)
  t.strictSame(readdirSync(dir), ['run.prom'])
})

t.test(
  'a run whose result could not be printed does not count as a success for the figures either',
  async t => {
    const path = join(t.testdir(), 'run.prom')
    const { processEnvironment } = fakeProcess({ stdin: 'id,price\n1,1\n' })
    const stdout = new Writable({
      write: (_chunk, _encoding, done) =>
        done(Object.assign(new Error('full'), { code: 'ENOSPC' })),
    })
    const argv = ['load', '--port', String(server.port), '-t', 'prices', '--metrics-file', path]
    t.equal(await main(argv, { ...processEnvironment, stdout }), 74)
    const values = valuesOf(readFileSync(path, 'utf8'))
    t.equal(values.get('ddb_ingest_exit_code'), 74)
    t.equal(values.get('ddb_ingest_rows confirmed'), 1)
    t.notOk(values.has('ddb_ingest_last_success_timestamp_seconds'))
  },
)

t.test('labels are escaped', async t => {
  const { stdout } = await load([], 'id,price\n1,1\n')
  const result = JSON.parse(stdout) as LoadResult
  const odd = 'a"b\\c\nd\\n'
  const text = metricsText({ ...result, target: { ...result.target, table: odd } }, undefined)
  t.ok(parseMetrics(text).samples.every(({ labels }) => labels['target'] === odd))
})

t.test('--log-format json says everything on standard error as objects', async t => {
  const { code, stderr } = await load(
    ['--log-format', 'json', '--on-error', 'skip', '--max-errors', '1'],
    'id,price\nx,1\ny,2\nz,3\n',
  )
  t.equal(code, 65)
  const lines = stderr
    .slice(0, -1)
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, string>)
  t.ok(lines.every(({ time }) => new Date(time!).toISOString() === time))
  t.match(lines[1], { level: 'info', message: /rejected: .*line 2/ })
  const problem = lines.find(({ level }) => level === 'error')
  t.match(problem, { code: 'DDB_INPUT_LIMIT', message: /more than --max-errors/ })
  t.ok(lines.filter(({ level }) => level !== 'error').every(({ code }) => code === undefined))
})

t.test(
  '--log-format json holds for failures before the run, and keeps control characters out',
  async t => {
    const { stderr } = await load(['--log-format', 'json', '/no/\u001b[31msuch.csv'], '')
    t.notOk(stderr.includes('\u001b'))
    t.match(JSON.parse(stderr), { level: 'error', code: 'DDB_INPUT_MISSING' })
  },
)
