/*
  Plans of files and archive members whose paths fill columns. Each process reads the same rows, wherever the files are.
*/
import {
  cpSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { loadShard } from '../../../src/load/fleet/load-shard.js'
import { makeManifest } from '../../../src/load/fleet/make-manifest.js'
import { readManifest } from '../../../src/load/fleet/manifest.js'
import type { LoadOptions, LoadResult } from '../../../src/load/options.js'
import { systemPlatform } from '../../../src/platform/system.js'
import { startLoadServer, type LoadServer } from '../../helpers/load-server.js'
import { zipOf } from '../../helpers/zip.js'
import { runMain, type Outcome } from '../../cli/run-cli.js'

const script = 'share streamTable(1:0, `day`sym`price`src, [DATE,SYMBOL,DOUBLE,STRING]) as q'

interface Place {
  readonly here: LoadServer
  readonly dir: string
  /** Writes a file in the folder and creates its parent folders. */
  readonly write: (path: string, content: string | Uint8Array) => void
  readonly run: (...argv: string[]) => Promise<Outcome>
  readonly rows: () => Promise<string[]>
}

async function place(t: Test): Promise<Place> {
  const here = await startLoadServer(t, script)
  const dir = t.testdir({ '.password': '123456' })
  const login = ['--user', 'admin', '--password-file', join(dir, '.password')]
  const server = ['--host', '127.0.0.1', '--port', String(here.server.port)]
  const environment = { XDG_STATE_HOME: join(dir, '.state') }
  return {
    here,
    dir,
    write(path, content) {
      mkdirSync(dirname(join(dir, path)), { recursive: true })
      writeFileSync(join(dir, path), content)
    },
    run: (...argv) =>
      runMain([...argv, ...(argv[0] === 'plan' ? [] : [...login, ...server])], { environment }),
    rows: async () => (await here.rows('select * from q')).map(row => row.join()).sort(),
  }
}

const mapping = ['--date-format', 'day=yyyyMMdd', '--allow-missing']
const archive = zipOf([
  { name: '20240102/B.csv', content: 'price\n3\n' },
  { name: '20240103/C.csv', content: 'price\n4\n5\n', method: 0 },
  { name: 'notes.txt', content: 'no data' },
])

t.test('files and members fill columns from their paths, and each row is loaded once', async t => {
  const { dir, write, run, rows } = await place(t)
  write('v1-20200101/20240102/A.csv', 'price\n1\n2\n')
  write('v1-20200101/days.zip', archive)
  const plan = join(dir, 'plan.json')
  const inputs = [join(dir, 'v1-20200101'), join(dir, 'v1-20200101/days.zip')]
  const path = ['--path', '{day:\\d{8}}/{sym}.csv']
  const planned = await run('plan', ...inputs, ...path, '-o', plan)
  t.match(planned, { code: 0, stdout: /3 files .* in 2 units/ }, planned.stderr)
  const { units } = readManifest(readFileSync(plan, 'utf8'), plan)
  t.strictSame(
    units.map(({ group, files }) => [group, files.length]),
    [
      ['2024.01.02', 2],
      ['2024.01.03', 1],
    ],
    'the day comes from the part, not from the folder above',
  )
  const load = (shard: string): Promise<Outcome> =>
    run('load', '--plan', plan, '--run-id', 'p', '-t', 'q', ...path, ...mapping, '--shard', shard)
  const twins = await Promise.all([load('1/2'), load('2/2'), load('2/2')])
  for (const { code, stderr } of twins) t.equal(code, 0, stderr)
  const stored = ['2024.01.02,A,1,', '2024.01.02,A,2,', '2024.01.02,B,3,', '2024.01.03,C,4,']
  t.strictSame(await rows(), [...stored, '2024.01.03,C,5,'])
  t.match(await load('1/1'), { code: 0, stdout: /^Already loaded/ })
  t.match(await run('runs', 'p', '--plan', plan), { code: 0 })
  t.match(await run('runs', 'p', '--clean'), {
    code: 0,
    stdout: 'removed what the server kept of p; its rows stay\n',
  })
  t.match(await run('runs', 'p', '--clean'), { code: 66, stderr: /add --host/ })
  t.equal((await rows()).length, 5)
})

t.test('a path without a match ends the plan, or is omitted', async t => {
  const { dir, write, run, rows } = await place(t)
  write('in/20240102/A.csv', 'price\n1\n')
  write('in/other/A.csv', 'price\n2\n')
  const plan = join(dir, 'plan.json')
  const path = ['--path', '{day:\\d{8}}/{sym}.csv']
  const none = await run('plan', join(dir, 'in'), ...path, '-o', plan)
  t.match(none, { code: 65, stderr: /other\/A.csv" does not match --path/ })
  const skip = [...path, '--path-unmatched', 'skip']
  const left = await run('plan', join(dir, 'in'), ...skip, '-o', plan)
  t.match(left, { code: 0, stdout: /1 file /, stderr: /left out an input/ })
  const target = ['--run-id', 'p', '-t', 'q', ...mapping]
  t.match(await run('load', '--plan', plan, ...target, ...skip), { code: 0 })
  t.strictSame(await rows(), ['2024.01.02,A,1,'])
  t.match(await run('load', '--plan', plan, ...target, ...path), {
    code: 64,
    stderr: /other reading/,
  })
  t.match(await run('plan', join(dir, 'in'), '-o', plan), { code: 0 })
  const other = ['--run-id', 'other', '-t', 'q', ...mapping]
  t.match(await run('load', '--plan', plan, ...other, ...skip), {
    code: 64,
    stderr:
      /the plan has ".*other\/A.csv", which does not match --path.*to .ddb-ingest plan. as well/s,
  })
  t.match(await run('load', '--plan', plan, ...other, '--members', '*'), { code: 64 })
  t.equal((await rows()).length, 1)
})

t.test('a changed member ends its shard; a missing member fails alone', async t => {
  const { dir, write, run, rows } = await place(t)
  write('days.zip', archive)
  write('20240104/D.csv', 'price\n6\n')
  const plan = join(dir, 'plan.json')
  const path = ['--path', '{day:\\d{8}}/{sym}.csv']
  const inputs = [join(dir, 'days.zip'), join(dir, '20240104')]
  t.match(await run('plan', ...inputs, ...path, '-o', plan), { code: 0 })
  const load = (runId: string): Promise<Outcome> =>
    run('load', '--plan', plan, '--run-id', runId, '-t', 'q', ...path, ...mapping)
  write('days.zip', zipOf([{ name: '20240102/B.csv', content: 'price\n7\n' }]))
  t.match(await load('a'), {
    code: 64,
    stderr: /unit 1 \(.*days.zip\/20240102\/B.csv\) has changed since the plan was made/,
  })
  t.strictSame(await rows(), [])
  write('days.zip', zipOf([{ name: '20240103/C.csv', content: 'price\n4\n5\n', method: 0 }]))
  t.match(await load('a'), {
    code: 66,
    stderr: /unit 1 .*days.zip" has no member "20240102\/B.csv"/,
  })
  t.strictSame(await rows(), ['2024.01.03,C,4,', '2024.01.03,C,5,', '2024.01.04,D,6,'])
  rmSync(join(dir, 'days.zip'))
  t.match(await load('b'), { code: 66, stderr: /unit 1 .*there is no file/ })
  write('days.zip', archive.subarray(0, archive.length - 30))
  t.match(await load('c'), { stderr: /unit 1 .*days.zip/ })
  write('days.zip', archive)
  const rejects = await run(
    ...['load', '--plan', plan, '--run-id', 'd', '-t', 'q', ...path],
    ...['--rejects', join(dir, 'days.zip')],
  )
  t.match(rejects, { code: 64, stderr: /days.zip is an input of this run/ })
  t.strictSame(readFileSync(join(dir, 'days.zip')), archive)
})

t.test('a second machine reads the same rows, even in folders with different names', async t => {
  const { here, dir, write, rows } = await place(t)
  // Files with equal content, which the second machine stores only once.
  for (const name of ['A', 'B', 'C']) write(`one/sym=${name}/x.csv`, 'price\n1\n2\n3\n')
  const names = ['A', 'B', 'C'].map(name => `sym=${name}/x.csv`)
  for (const name of names) utimesSync(join(dir, 'one', name), 1_704_000_000, 1_704_000_000)
  const two = join(dir, 'env=two')
  cpSync(join(dir, 'one'), two, { recursive: true, preserveTimestamps: true })
  for (const name of names.slice(1)) {
    rmSync(join(two, name))
    linkSync(join(two, names[0]!), join(two, name))
  }
  const input = { path: 'hive' }
  const manifest = await makeManifest(
    systemPlatform,
    names.map(name => ({ path: join(dir, 'one', name), written: name })),
    { batchRows: 2, batchBytes: 1 << 20, unitBytes: 1 << 20, input },
  )
  const { host, port } = here.server
  const options: LoadOptions = {
    inputs: [],
    server: { host, port, user: 'admin', password: '123456' },
    target: { table: 'q' },
    runId: 'p',
    input,
    mapping: { set: { src: '{path}:{line}' }, allowMissing: true },
  }
  const load = (root: string): Promise<LoadResult> =>
    loadShard(systemPlatform, options, {
      manifest: { ...manifest, units: manifest.units },
      shard: { index: 1, count: 1 },
      placeOf: path => join(root, path),
    })
  for (const result of await Promise.all([load(two), load(join(dir, 'one')), load(two)])) {
    t.match(result, { exitCode: 0, error: null })
    t.equal(result.rows.read, 9)
  }
  const expected = names.flatMap((name, i) =>
    [1, 2, 3].map(price => `,${'ABC'[i]},${price},${name}:${price + 1}`),
  )
  t.strictSame(await rows(), expected.sort())
})
