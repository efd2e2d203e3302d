/* Processes of shards that are killed at random moments and repeated with other numbers of shards: every row is stored once. */
import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import t from 'tap'
import { root } from '../../helpers/checkout.js'
import { dfsScript, ids, streamScript, upTo } from '../../helpers/delivery.js'
import { startLoadServer } from '../../helpers/load-server.js'
import { plainNode } from '../../helpers/plain-node.js'
import { deep, everyday, seed } from '../../helpers/runs.js'

const program = fileURLToPath(new URL('bin/ddb-ingest.js', root))
const killsOfScene = 5
const scenes = deep ? 60 : everyday ? 2 : 12

/** Each has the table, what names it in queries, and its script. */
const targets = [
  ['target', 'target', streamScript],
  ['dfs://d/t', 'loadTable("dfs://d", "t")', dfsScript],
  ['target', 'target', 'share keyedStreamTable(`id, 10:0, `id`sym, [INT,SYMBOL]) as target'],
] as const

interface Call {
  readonly index: number
  readonly count: number
  /** The request of the server at which the process is killed. */
  readonly killAt: number
}

const call: fc.Arbitrary<Call> = fc
  .record({
    index: fc.nat(2),
    count: fc.integer({ min: 1, max: 3 }),
    killAt: fc.integer({ min: 1, max: 120 }),
  })
  .map(({ index, count, killAt }) => ({ index: (index % count) + 1, count, killAt }))

const scene = fc.record({
  sizes: fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 3, maxLength: 8 }),
  target: fc.constantFrom(...targets),
  words: fc.constantFrom([], ['--mode', 'sync'], ['-j', '4', '--unordered']),
  batchRows: fc.integer({ min: 1, max: 9 }),
  calls: fc.array(fc.array(call, { minLength: 1, maxLength: 3 }), { minLength: 2, maxLength: 3 }),
})

const drawn = fc.sample(scene, { numRuns: scenes, seed })
let kills = 0

for (const [n, { sizes, target, words, batchRows, calls }] of drawn.entries()) {
  const [table, rows, script] = target
  const title = `scene ${n}: ${sizes.length} files, ${table}, ${words.join(' ')}`
  t.test(title, async t => {
    let requests = 0
    const waiting = new Map<number, () => void>()
    const here = await startLoadServer(t, script, {
      faults: {
        before() {
          requests++
          waiting.get(requests)?.()
          return undefined
        },
      },
    })
    const dir = t.testdir({ in: {} })
    let next = 0
    const bad: string[] = []
    for (const [i, size] of sizes.entries()) {
      const lines = upTo(size).map(row => {
        if (row % 17 !== 3) return `${next++},${row % 2 ? 'A' : 'B'}\n`
        bad.push(`x${i}-${row},A\n`)
        return bad.at(-1)!
      })
      mkdirSync(join(dir, 'in', `d${i % 4}`), { recursive: true })
      writeFileSync(join(dir, 'in', `d${i % 4}`, `${i}.csv`), `id,sym\n${lines.join('')}`)
    }
    const { host, port } = here.server
    const run = ({ index, count, killAt }: Call): Promise<number | null> =>
      new Promise(resolve => {
        const shard = ['--run-id', 'night', '--shard', `${index}/${count}`, ...words]
        const load = ['load', 'in', '-t', table, '--host', `${host}:${port}`, '--user', 'admin']
        const small = `-b ${batchRows} --rejects r.csv -q --confirm-timeout 20s`.split(' ')
        const [command, args] = plainNode([program, ...load, ...shard, ...small])
        const env = { ...process.env, DDB_PASSWORD: '123456', XDG_STATE_HOME: join(dir, 'state') }
        const child = spawn(command, args, { cwd: dir, env, stdio: ['ignore', 'ignore', 'pipe'] })
        let text = ''
        child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()))
        waiting.set(requests + killAt, () => {
          if (child.exitCode === null && child.kill('SIGKILL')) kills++
        })
        child.on('close', code => {
          if (code !== null && code !== 0 && code !== 3) t.comment(`exit ${code}: ${text}`)
          resolve(code)
        })
      })
    for (const some of [...calls, ...calls].slice(0, killsOfScene)) {
      for (const code of await Promise.all(some.map(run))) {
        t.ok(code === null || code === 0 || code === 3, `exit ${code}`)
      }
    }
    const expected = bad.length > 0 ? 3 : 0
    t.equal(await run({ index: 1, count: 1, killAt: Infinity }), expected)
    t.strictSame(await ids(here, rows), upTo(next))
    const files = readdirSync(dir).filter(name => /^r\.s\d+\.csv$/.test(name))
    const lines = files.flatMap(name => readFileSync(join(dir, name), 'utf8').split(/(?<=\n)/))
    t.strictSame(lines.filter(line => line !== 'id,sym\n').sort(), bad.sort())
    const reasons = files.flatMap(name =>
      readFileSync(join(dir, `${name}.reasons.ndjson`), 'utf8')
        .split('\n')
        .slice(0, -1),
    )
    t.equal(reasons.length, bad.length)
    t.equal(await run({ index: 1, count: 1, killAt: Infinity }), expected, 'repeated')
    t.equal(await here.count(rows), next)
  })
}

t.teardown(() => t.comment(`${kills} kills`))
