/* A named run that is repeated without its journal, as on another machine, while its server keeps running. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { LoadOptions, LoadResult } from '../../../src/load/options.js'
import { csv, streamScript } from '../../helpers/delivery.js'
import { startLoadServer } from '../../helpers/load-server.js'

const rowCount = 1_000
const dfsScript = `db = database("dfs://d", VALUE, \`A\`B)
db.createPartitionedTable(table(1:0, \`id\`sym, [INT,SYMBOL]), \`t, \`sym)`
const dfs = 'loadTable("dfs://d","t")'

const tables = [
  { script: streamScript, table: 'target', rows: 'target', remake: 'undef("target", SHARED)' },
  {
    script: dfsScript,
    table: 'dfs://d/t',
    rows: dfs,
    remake: 'dropTable(database("dfs://d"), "t")\ndb = database("dfs://d")',
  },
] as const

async function scene(t: Test, { script, table, rows }: (typeof tables)[number]) {
  const here = await startLoadServer(t, script)
  const dir = t.testdir({ 'in.csv': csv(rowCount) })
  let machines = 0
  return {
    ...here,
    path: join(dir, 'in.csv'),
    stored: () => here.count(rows),
    /** Loads on a machine that has no journal of the run. */
    elsewhere: (
      change: Partial<LoadOptions> = {},
      restart = false,
      machine = ++machines,
    ): Promise<LoadResult> =>
      here.load(join(dir, 'in.csv'), {
        target: { table },
        runId: 'nightly',
        journal: { folder: join(dir, `state-${machine}`), restart },
        ...change,
      }),
  }
}

/** A request of a process: it asks the register, or claims the name. */
const moments = {
  'the register is asked': 'if(defined("ddbIngestRuns2"',
  'the claim': 'keyedStreamTable(',
}

for (const [moment, start] of Object.entries(moments)) {
  for (const { script, table, rows } of tables) {
    t.test(`${table}: another machine loads it all just before ${moment}`, async t => {
      const dir = t.testdir({ 'in.csv': csv(rowCount) })
      let isDue = true
      const here = await startLoadServer(t, script, {
        before: ({ text }) => {
          if (!isDue || !text.includes(start)) return undefined
          isDue = false
          return { until: load('there').then(() => undefined) }
        },
      })
      const load = (machine: string): Promise<LoadResult> =>
        here.load(join(dir, 'in.csv'), {
          target: { table },
          runId: 'nightly',
          journal: { folder: join(dir, machine) },
        })
      const late = await load('here')
      t.ok(late.alreadyLoaded || late.error?.code === 'DDB_LOCKED', late.error?.message ?? '')
      t.match(await load('here'), { exitCode: 0, alreadyLoaded: true })
      t.equal(await here.count(rows), rowCount)
    })
  }
}

for (const kind of tables) {
  const { table, script, remake } = kind
  t.test(`${table}: a finished run is not loaded again`, async t => {
    const { elsewhere, stored, path } = await scene(t, kind)
    t.match(await elsewhere(), { exitCode: 0, alreadyLoaded: false })
    const again = { exitCode: 0, alreadyLoaded: true, rows: { skipped: rowCount, confirmed: 0 } }
    t.match(await elsewhere(), again)
    t.match(await elsewhere({ delivery: { mode: 'sync', batchRows: 7 } }), again)
    const other = {
      exitCode: 75,
      error: { code: 'DDB_UNPROVEN', message: /other inputs or options/ },
    }
    t.match(await elsewhere({ cells: { nullTexts: ['A'] } }, false, 100), other)
    t.match(await elsewhere({}, false, 100), again, 'after a call with wrong options')
    writeFileSync(path, csv(rowCount).replace('B', 'A'))
    t.match(await elsewhere(), other)
    t.equal(await stored(), rowCount)
    t.match(await elsewhere({}, true), { exitCode: 0, rows: { confirmed: rowCount } })
    t.equal(await stored(), 2 * rowCount)
  })

  t.test(
    `${table}: nor by a machine that knows that, after the server has forgotten it`,
    async t => {
      const { elsewhere, stored, session } = await scene(t, kind)
      t.match(await elsewhere(), { exitCode: 0 })
      t.match(await elsewhere({}, false, 2), { exitCode: 0, alreadyLoaded: true })
      await session.run('undef("ddbIngestRuns2", SHARED)')
      const expected = { exitCode: 75, error: { message: /another journal has its rows/ } }
      for (let i = 0; i < 2; i++) t.match(await elsewhere({}, false, 2), expected)
      t.equal(await stored(), rowCount)
      t.match(await elsewhere({}, true, 2), { exitCode: 0 })
    },
  )

  t.test(`${table}: rejects of a finished run are not forgotten`, async t => {
    const { elsewhere, stored, path } = await scene(t, kind)
    writeFileSync(path, csv(rowCount).replace(/^7,/m, 'x,'))
    const rejects = { file: `${path}.rejects`, maxErrors: 5 }
    t.match(await elsewhere({ rejects }), { exitCode: 3, rows: { rejected: 1 } })
    const again = await elsewhere({ rejects: { onError: 'skip', maxErrors: 5 } })
    t.match(again, {
      exitCode: 3,
      alreadyLoaded: true,
      rows: { skipped: rowCount - 1, rejected: 1 },
    })
    t.equal(await stored(), rowCount - 1)
  })

  t.test(`${table}: it is loaded into a table that was made again`, async t => {
    const { elsewhere, stored, session } = await scene(t, kind)
    t.match(await elsewhere(), { exitCode: 0 })
    await session.run(`${remake}\n${script.replace(/^db = .*\n/, '')}`)
    t.match(await elsewhere(), { exitCode: 0, rows: { confirmed: rowCount } })
    t.equal(await stored(), rowCount)
  })

  t.test(`${table}: rows of others in its place are not taken for its own`, async t => {
    const { elsewhere, stored, session } = await scene(t, kind)
    t.match(await elsewhere(), { exitCode: 0 })
    const others = `table(1000000 + 0..${rowCount} as id, take(\`A\`B, ${rowCount + 1}) as sym)`
    const emptied = table === 'target' ? `${remake}\n${script}` : `delete from ${dfs}`
    await session.run(`${emptied}\ntableInsert(${kind.rows}, ${others})`)
    t.match(await elsewhere(), { exitCode: 75, error: { message: /its first rows are not/ } })
    t.equal(await stored(), rowCount + 1)
  })
}

for (const kind of tables) {
  t.test(`${kind.table}: of a journal with one line alone, server and table are asked`, async t => {
    const { elsewhere, stored, session, path } = await scene(t, kind)
    const journal = { folder: `${path}-kept` }
    const file = `${journal.folder}/runs/nightly.journal`
    const cut = (): void => {
      const whole = readFileSync(file, 'utf8')
      writeFileSync(file, whole.slice(0, whole.indexOf('\n') + 1))
    }
    t.match(await elsewhere({ journal }), { exitCode: 0, rows: { confirmed: rowCount } })
    cut()
    const refused = { exitCode: 66, error: { code: 'DDB_RUN_DAMAGED' } }
    for (const times of [1, 2])
      t.match(await elsewhere({ journal }), refused, `${times}, the server`)
    await session.run('undef("ddbIngestRuns2", SHARED)')
    const ofTable = { ...refused, error: { message: /ends after its first line/ } }
    for (const times of [1, 2])
      t.match(await elsewhere({ journal }), ofTable, `${times}, the table`)
    t.match(await elsewhere({ journal, cells: { nullTexts: ['A'] } }), { exitCode: 64 })
    t.equal(await stored(), rowCount)
    await session.run(`${kind.remake}\n${kind.script.replace(/^db = .*\n/, '')}`)
    cut()
    t.match(await elsewhere({ journal }), { exitCode: 0, rows: { confirmed: rowCount } })
    t.match(await elsewhere({ journal }), { exitCode: 0, alreadyLoaded: true })
    t.equal(await stored(), rowCount)
  })
}

t.test('a run that has stored no row may be repeated anywhere', async t => {
  const { elsewhere, path, session } = await scene(t, tables[0])
  // An empty table would count as one that was made again.
  await session.run('tableInsert(target, 900000, "A")')
  writeFileSync(path, 'id,sym\n')
  for (let machine = 0; machine < 2; machine++) {
    t.match(await elsewhere(), { exitCode: 0, alreadyLoaded: false, rows: { read: 0 } })
  }
  writeFileSync(path, csv(rowCount))
  t.match(await elsewhere(), { exitCode: 0, rows: { confirmed: rowCount } })
})

t.test('a run without confirmation is never already loaded', async t => {
  const { elsewhere, stored, path } = await scene(t, tables[0])
  const delivery = { confirm: 'none' } as const
  for (const times of [1, 2]) {
    t.match(await elsewhere({ delivery }), { exitCode: 0, alreadyLoaded: false })
    t.equal(await stored(), times * rowCount)
  }
  const journal = { folder: `${path}-kept` }
  t.match(await elsewhere({ journal }), { exitCode: 0 })
  await t.rejects(elsewhere({ journal, delivery }), { code: 'DDB_USAGE' })
})
