/* `load --follow` from the user's view. A writer appends pieces of any size, rotates files and creates new ones. The test kills and
   restarts the loader meanwhile. */
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { LoadResult } from '../../../src/load/options.js'
import type { Platform } from '../../../src/platform/platform.js'
import { systemPlatform } from '../../../src/platform/system-files.js'
import { spawnCli, type Spawned } from '../../cli/run-cli.js'
import { asAdmin, startLoadServer, type LoadServer } from '../../helpers/load-server.js'
import { cells } from '../../helpers/values.js'
import { deepTest, seed as testSeed } from '../../helpers/runs.js'

const script = 'share streamTable(10:0, `id`text, [INT,STRING]) as target'

/** Pseudo-random numbers; the same for the same seed. */
function chance(seed: number): (below: number) => number {
  let state = seed >>> 0
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const textOf = (id: number): string => `价格é ${id} ${'x'.repeat(id % 7)}`

interface Writer {
  readonly rows: number
  /** Appends whole rows and part of a row to a file. */
  append(name: string): void
  rotate(name: string): void
  /** Completes unfinished rows. */
  finish(): void
}

/** The writer cuts lines anywhere, even inside a character. */
function newWriter(
  folder: string,
  draw: (below: number) => number,
  header: string,
  line: (id: number) => string,
): Writer {
  const rest = new Map<string, Buffer>()
  const versions = new Map<string, number>()
  let rows = 0
  const put = (name: string, bytes: Buffer): void => appendFileSync(join(folder, name), bytes)
  const writer: Writer = {
    get rows() {
      return rows
    },
    append(name) {
      let bytes = rest.get(name) ?? Buffer.from(header)
      const more = draw(40)
      for (let i = 0; i < more; i++) bytes = Buffer.concat([bytes, Buffer.from(line(rows++))])
      const cut = draw(bytes.length + 1)
      put(name, bytes.subarray(0, cut))
      rest.set(name, bytes.subarray(cut))
    },
    rotate(name) {
      const bytes = rest.get(name)
      if (bytes === undefined) return
      put(name, bytes)
      rest.delete(name)
      const version = (versions.get(name) ?? 0) + 1
      versions.set(name, version)
      renameSync(join(folder, name), join(folder, `${name}.${version}`))
    },
    finish() {
      for (const [name, bytes] of rest) {
        put(name, bytes)
        rest.set(name, Buffer.alloc(0))
      }
    },
  }
  return writer
}

/** Resolves once this many rows have arrived; fails if the loader ends earlier. */
async function arrived(here: LoadServer, rows: number, loader: Spawned): Promise<void> {
  let ended: string | undefined
  void loader.outcome.then(({ stderr }) => (ended = stderr))
  while ((await here.count('target')) < rows) {
    if (ended !== undefined) throw new Error(`the loader ended: ${ended}`)
  }
}

interface Input {
  readonly header: string
  readonly line: (id: number) => string
  readonly name: string
  readonly isBad?: (id: number) => boolean
}

async function play(t: Test, seed: number, { header, line, name, isBad = () => false }: Input) {
  const folder = t.testdir({ in: {} })
  const draw = chance(seed)
  const here = await startLoadServer(t, script)
  const writer = newWriter(join(folder, 'in'), draw, header, line)
  const start = (): Spawned =>
    spawnCli(
      [
        ...['load', 'in/app*', '--follow', '-f', name, '-t', 'target', '--flush-interval', '20ms'],
        ...['--host', `127.0.0.1:${here.server.port}`, '--run-id', 'tail', '--json', '-b', '50'],
        ...['--rejects', 'rejects', '--max-errors', '100000'],
      ],
      { environment: { XDG_STATE_HOME: join(folder, 'state') }, cwd: folder },
    )
  let loader = start()
  const names = [`app.${name}`, `app-b.${name}`, `app-c.${name}`]
  for (let kill = 0; kill < 4; kill++) {
    const steps = 5 + draw(20)
    for (let step = 0; step < steps; step++) {
      const file = names[draw(Math.min(names.length, kill + 1))]!
      if (draw(8) === 0) writer.rotate(file)
      else writer.append(file)
      if (draw(4) === 0) await here.count('target')
    }
    // Kills the loader, sometimes with rows in flight, sometimes while the writer appends the next rows.
    const settled = await here.count('target')
    if (draw(2) === 0) {
      writer.finish()
      if (writer.rows > settled) await arrived(here, settled + 1, loader)
    }
    loader.child.kill('SIGKILL')
    await loader.outcome
    if (draw(2) === 0) for (const file of names.slice(0, 2)) writer.append(file)
    if (draw(2) === 0) writer.rotate(names[0]!)
    writer.append(names[0]!)
    loader = start()
  }
  writer.finish()
  const all = Array.from({ length: writer.rows }, (_, id) => id)
  const good = all.filter(id => !isBad(id))
  await arrived(here, good.length, loader)
  loader.child.kill('SIGTERM')
  const { code, stdout, stderr } = await loader.outcome
  t.equal(code, 143, stderr)
  const result = JSON.parse(stdout) as LoadResult
  t.match(result, { status: 'interrupted', rows: { unconfirmed: 0, unsent: 0 } })
  t.strictSame(
    await here.rows('select id, text from target order by id'),
    good.map(id => [String(id), textOf(id)]),
    `every row once, seed ${seed}`,
  )
  const rejects = good.length === all.length ? '' : readFileSync(join(folder, 'rejects'), 'utf8')
  const bad = all.filter(isBad).map(line)
  // The loader may not have read the rejects after the last good row.
  const kept = rejects.split(/(?<=\n)/).filter(record => record !== header)
  t.strictSame(new Set(kept).size, kept.length, 'no reject twice')
  t.ok(
    kept.every(record => bad.includes(record)) && kept.length >= bad.length - names.length,
    `every reject once: ${kept.length} of ${bad.length}`,
  )
  t.equal(result.rows.rejected, kept.length)
  t.equal(result.rows.read, good.length + kept.length)
}

deepTest(t, 'CSV with a header, killed and rotated', t =>
  play(t, testSeed, {
    name: 'csv',
    header: 'id,text\n',
    isBad: id => id % 17 === 5,
    line: id => `${id % 17 === 5 ? `bad ${id}` : id},${textOf(id)}\n`,
  }),
)

deepTest(t, 'CSV without a header', t =>
  play(t, testSeed + 1, { name: 'csv', header: '', line: id => `${id},"${textOf(id)}"\r\n` }),
)

deepTest(t, 'NDJSON', t =>
  play(t, testSeed + 2, {
    name: 'ndjson',
    header: '',
    line: id => `${JSON.stringify({ id, text: textOf(id) })}\n`,
  }),
)

t.test('a signal leaves a record without a line end to the next process and says so', async t => {
  const folder = t.testdir({ in: {} })
  const here = await startLoadServer(t, script)
  const file = join(folder, 'in', 'app.csv')
  const start = (): Spawned =>
    spawnCli(
      [
        ...['load', 'in', '--follow', '-t', 'target', '--flush-interval', '20ms', '-q'],
        ...['--host', `127.0.0.1:${here.server.port}`, '--run-id', 'tail'],
      ],
      { environment: { XDG_STATE_HOME: join(folder, 'state') }, cwd: folder },
    )
  writeFileSync(file, 'id,text\n0,a\n1,b\n2,hal')
  const first = start()
  await arrived(here, 2, first)
  first.child.kill('SIGINT')
  t.match(await first.outcome, { code: 130, stderr: /app.csv: 5 bytes at its end are not loaded/ })
  appendFileSync(file, 'f\n')
  mkdirSync(join(folder, 'in', 'later'))
  writeFileSync(join(folder, 'in', 'later', 'more.csv'), 'text,id\nz,3\n4')
  const second = start()
  await arrived(here, 4, second)
  second.child.kill('SIGTERM')
  t.match(await second.outcome, { code: 143 })
  const stored = await here.rows('select id, text from target order by id')
  t.strictSame(stored, cells('0,a', '1,b', '2,half', '3,z'))
})

deepTest(t, 'many files are followed without notices', async t => {
  const folder = t.testdir({ in: {} })
  const here = await startLoadServer(t, script)
  const count = 40
  for (let id = 0; id < count; id++) {
    writeFileSync(join(folder, 'in', `${id}.csv`), `id,text\n${id},a\n`)
  }
  const loader = spawnCli(
    [
      ...['load', 'in', '--follow', '-t', 'target', '--header', 'yes', '-d', ',', '-q'],
      ...['--host', `127.0.0.1:${here.server.port}`],
    ],
    { cwd: folder },
  )
  await arrived(here, count, loader)
  loader.child.kill('SIGTERM')
  const { code, stderr } = await loader.outcome
  t.equal(code, 143)
  t.notMatch(stderr, /Warning/)
})

/** A platform whose time passes twenty times as fast. */
function fastPlatform(): Platform {
  const { clock } = systemPlatform
  const speed = 20
  return {
    ...systemPlatform,
    clock: {
      ...clock,
      nowMs: () => speed * clock.nowMs(),
      after: (delayMs, callback) => clock.after(delayMs / speed, callback),
      afterIfAlive: (delayMs, callback) => clock.afterIfAlive(delayMs / speed, callback),
    },
  }
}

const lookBegins = /^(?:ddbIngestRows = 00l|\(def\(ddbIngestFrom)/

const madeAgain = `undef("target", SHARED)\n${script}`
const others = 'tableInsert(target, table(100..199 as id, take("x", 100) as text))'

for (const mode of ['async', 'sync'] as const) {
  for (const [what, deed, isStopped] of [
    ['is as it was', '1', false],
    ['is made again', madeAgain, true],
    ['is made again and filled by others', `${madeAgain}\n${others}`, true],
  ] as const) {
    t.test(`${mode}: a followed run looks at its table now and then: it ${what}`, async t => {
      let looks = 0
      const here = await startLoadServer(t, script, {
        before: ({ text }) => void (looks += Number(lookBegins.test(text))),
      })
      const path = join(t.testdir({ 'app.csv': 'id,text\n' }), 'app.csv')
      const ending = new AbortController()
      let isEnded = false
      const running = here.load(
        path,
        {
          input: { follow: true, flushIntervalMs: 10, header: 'yes' },
          server: { ...asAdmin(here.server), connectTimeoutMs: 10_000_000 },
          delivery: { mode, confirmTimeoutMs: 10_000_000 },
          signal: ending.signal,
        },
        fastPlatform(),
      )
      void running.then(() => (isEnded = true))
      const add = async (id: number, rows: number): Promise<void> => {
        appendFileSync(path, `${id},a\n`)
        while (!isEnded && (await here.count('target')) < rows);
      }
      let id = 0
      // After a look, too, the run must know one of its rows.
      while (id < 2 || looks === 0) await add(++id, id)
      await here.session.run(deed)
      for (const more = (await here.count('target')) - id; isStopped ? !isEnded : looks < 3;)
        await add(++id, more + id)
      if (!isStopped) ending.abort()
      const { exitCode, error } = await running
      t.equal(exitCode, isStopped ? 75 : 130)
      t.equal(error?.code, isStopped ? 'DDB_TARGET_CHANGED' : 'DDB_INTERRUPTED')
    })
  }
}
