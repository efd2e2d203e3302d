/*
  Resumes a run whose files have changed (`--changed`). The run reads a changed file again only if the target replaces
  rows that have the same key.
*/
import { utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { LoadResult } from '../../../src/load/options.js'
import { csv, ids, upTo } from '../../helpers/delivery.js'
import { closedGate } from '../../helpers/gate.js'
import { startLoadServer } from '../../helpers/load-server.js'
import { zipOf } from '../../helpers/zip.js'
import { runMain, spawnCli, type Outcome, type Spawned } from '../../cli/run-cli.js'

const script =
  'share keyedTable(`id, 1:0, `id`v, [INT,INT]) as k; share streamTable(1:0, `id`v, [INT,INT]) as s;' +
  'share keyedStreamTable(`id, 1:0, `id`v, [INT,INT]) as ks'

interface Place {
  readonly dir: string
  readonly run: (...argv: string[]) => Promise<Outcome>
  readonly rows: () => Promise<string[]>
  readonly write: (name: string, content: string | Buffer) => void
}

async function place(t: Test): Promise<Place> {
  const { server } = await startLoadServer(t, script)
  const dir = t.testdir({
    d: { 'a.csv': 'id,v\n1,1\n2,1\n', 'b.csv': 'id,v\n3,1\n' },
    '.password': '123456',
  })
  const login = ['--user', 'admin', '--password-file', join(dir, '.password')]
  const environment = { XDG_STATE_HOME: join(dir, '.state') }
  const run = (...argv: string[]): Promise<Outcome> =>
    runMain([...argv, ...login, '--host', `127.0.0.1:${server.port}`], { environment })
  let second = 1_700_000_000
  return {
    dir,
    run,
    async rows() {
      const { stdout } = await run('exec', '-e', 'select * from k', '--output', 'csv')
      return stdout.trimEnd().split('\n').slice(1).sort()
    },
    write(name, content) {
      const path = join(dir, 'd', name)
      writeFileSync(path, content)
      // Waits, because two writes could have the same time in the file system.
      utimesSync(path, second, second++)
    },
  }
}

const flags = ['-t', 'k', '--method', 'upsert', '--run-id', 'day', '--json']
const resultOf = ({ stdout }: Outcome): LoadResult => JSON.parse(stdout) as LoadResult

t.test('changed files are read again, new files are read, all others are left alone', async t => {
  const { dir, run, rows, write } = await place(t)
  const load = (...more: string[]): Promise<Outcome> =>
    run('load', join(dir, 'd'), ...flags, ...more)
  t.equal((await load('--changed')).code, 0)
  write('a.csv', 'id,v\n1,7\n2,7\n4,7\n')
  write('c.csv', 'id,v\n5,1\n')
  t.match(await load(), { code: 64, stderr: /a.csv" has changed/ })
  const again = await load('--changed')
  t.match(again, {
    code: 0,
    stderr: /changed since the run read them, and read again: .*a\.csv/,
  })
  t.match(resultOf(again).rows, { confirmed: 4, skipped: 3 })
  t.strictSame(await rows(), ['1,7', '2,7', '3,1', '4,7', '5,1'])
  const third = await load('--changed')
  t.match(third, { code: 0 }, third.stderr)
  t.match(resultOf(third), { alreadyLoaded: true })
  t.match(await run('resume', 'day'), { code: 0, stdout: /Already loaded/ })
  write('a.csv', 'id,v\n1,8\n')
  t.match(resultOf(await load('--changed')).rows, { confirmed: 1 })
  t.strictSame(
    await rows(),
    ['1,8', '2,7', '3,1', '4,7', '5,1'],
    'rows that are gone from the file stay in the table',
  )
})

t.test('members of a rewritten archive are treated like changed files', async t => {
  const { dir, run, rows, write } = await place(t)
  const load = (): Promise<Outcome> => run('load', join(dir, 'd/z.zip'), ...flags, '--changed')
  write(
    'z.zip',
    zipOf([
      { name: 'x.csv', content: 'id,v\n1,1\n' },
      { name: 'y.csv', content: 'id,v\n2,1\n' },
    ]),
  )
  t.equal((await load()).code, 0)
  write(
    'z.zip',
    zipOf([
      { name: 'x.csv', content: 'id,v\n1,1\n' },
      { name: 'y.csv', content: 'id,v\n2,5\n' },
    ]),
  )
  t.match(resultOf(await load()).rows, { confirmed: 1, skipped: 2 })
  t.strictSame(await rows(), ['1,1', '2,5'])
})

t.test(
  'a run that is killed while it reads new files resumes, and its earlier end proves nothing',
  async t => {
    const reached = closedGate()
    const gate = closedGate()
    const here = await startLoadServer(t, script, {
      faults: {
        beforeExecute({ rows }) {
          if (rows !== 5) return undefined
          reached.open()
          return { until: gate.opened }
        },
      },
    })
    const dir = t.testdir({ d: { 'a.csv': 'id,v\n1000,1\n1001,1\n' } })
    const environment = {
      ...{ DDB_USER: 'admin', DDB_PASSWORD: '123456' },
      XDG_STATE_HOME: join(dir, '.state'),
    }
    const flags = ['-t', 's', '--run-id', 'day', '-b', '5', '--max-in-flight', '1k']
    flags.push('--host', `127.0.0.1:${here.server.port}`)
    const load = (): Spawned => spawnCli(['load', join(dir, 'd'), ...flags], { environment })
    t.match(await load().outcome, { code: 0 })
    writeFileSync(join(dir, 'd', 'b.csv'), csv(500).replace(/[AB]/g, '1').replace('sym', 'v'))
    const { child, outcome } = load()
    await reached.opened
    child.kill('SIGKILL')
    await outcome
    gate.open()
    const again = await load().outcome
    t.match(again, { code: 0 }, again.stderr)
    t.strictSame(await ids(here, 's'), [...upTo(500), 1000, 1001])
  },
)

t.test('--changed is refused if rows would be stored twice or not at all', async t => {
  const { dir, run } = await place(t)
  for (const table of ['s', 'k', 'ks']) {
    const outcome = await run('load', join(dir, 'd'), '-t', table, '--run-id', table, '--changed')
    t.match(outcome, { code: 64, stderr: /--changed reads files again .* --method upsert/ }, table)
  }
  const unnamed = await run('load', join(dir, 'd'), '-t', 'k', '--method', 'upsert', '--changed')
  t.match(unnamed, { code: 64, stderr: /--changed needs --run-id/ })
})
