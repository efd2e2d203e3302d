/* Times with different UTC offsets. The first offset may come from an earlier input, from an earlier process, from the run whose rejects
   are loaded again, or from the load that was checked. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { startLoadServer } from '../../helpers/load-server.js'
import { cells } from '../../helpers/values.js'
import { useTurnClock } from '../../helpers/turn-clock.js'
import { runMain } from '../../cli/run-cli.js'

useTurnClock()

const script = 'share streamTable(100:0, `id`at`end, [INT, TIMESTAMP, TIMESTAMP]) as times'
const east = '2024-01-02T03:04:05+08:00'
const utc = '2024-01-02T03:04:05Z'
const header = 'id,at,end\n'

t.test('a resumed run keeps the offsets of the previous process', async t => {
  for (const mode of ['async', 'sync'] as const) {
    const { load, count } = await startLoadServer(t, script)
    const dir = t.testdir({
      'a.csv': `${header}1,,\n2,,\n3,${east},\n4,${east},\n`,
      'b.csv': `${header}5,,\n6,${east},\n7,${utc},\n8,${east},\n`,
      'c.csv': `${header}9,${utc},${utc}\n`,
    })
    const run = { runId: `r-${mode}`, journal: { folder: dir }, target: { table: 'times' } }
    const delivery = { mode, batchRows: 2 }
    const inputs = ['a.csv', 'b.csv', 'c.csv'].map(name => join(dir, name))
    for (let times = 0; times < 3; times++) {
      const result = await load(inputs, { ...run, delivery })
      t.match(result, { exitCode: 65, error: { message: /line 4: .*"at".*offset \+08:00/ } })
      t.equal(await count('times'), 6, 'rows before the first differing one')
    }
    const rejects = { file: join(dir, `r-${mode}.csv`) }
    const other = await load(inputs, {
      ...run,
      delivery,
      rejects,
      journal: { ...run.journal, restart: true },
    })
    t.match(other, { exitCode: 3, rows: { rejected: 2, confirmed: 7 } })
    t.equal(await readFile(rejects.file, 'utf8'), `${header}7,${utc},\n9,${utc},${utc}\n`)
  }
})

t.test('rejects that are loaded again have the offsets of their run', async t => {
  const { server, rows } = await startLoadServer(t, script)
  const dir = t.testdir({
    'in.csv': `${header}x,${utc},\n1,${east},\n2,${utc},\ny,${utc},${east}\nz,,${utc}\n`,
  })
  const path = join(dir, 'r.csv')
  const common = ['--host', `127.0.0.1:${server.port}`]
  const terminals = { environment: { XDG_STATE_HOME: join(dir, 'state') } }
  const load = ['load', join(dir, 'in.csv'), '-t', 'times', '--rejects', path, ...common]
  t.match(await runMain(load), { code: 3 })
  const reasons = (await readFile(`${path}.reasons.ndjson`, 'utf8')).trim().split('\n')
  // With threads, the run may read the file in several pieces, so it finds the second offset later.
  const known = reasons
    .map(line => (JSON.parse(line) as { offsets?: object }).offsets)
    .filter(offsets => offsets !== undefined)
  t.match(known[0], { at: '+00:00' })
  t.strictSame(known.at(-1), { at: '+00:00', end: '+08:00' })
  // The offset of the first row counts even if a different cell of the row is bad.
  t.strictSame(await rows('select id from times'), [['2']])
  const text = await readFile(path, 'utf8')
  await writeFile(path, text.replace('x', '3').replace('y', '4').replace('z', '5'))
  const again = await runMain(['retry', path, ...common], terminals)
  t.match(again, { code: 3, stdout: /^Loaded 2 rows .*, of 4 read\n[^]*refused {3}2 rows: / })
  t.strictSame(await rows('select id from times order by id'), [['2'], ['3'], ['4']])
  const rest = join(dir, 'r.retry.csv')
  const converted = await runMain(['retry', rest, '--timezone', 'UTC', ...common], terminals)
  t.match(converted, { code: 0 })
  const stored = await rows('select id, at, end from times where id in [1, 5] order by id')
  t.strictSame(stored, cells('1,2024.01.01T19:04:05.000,', '5,,2024.01.02T03:04:05.000'))
})

t.test('a schema keeps times with different offsets as text, and names the option', async t => {
  const dir = t.testdir({ 'in.csv': `id,at\n1,${east}\n2,${utc}\n3,${east}\n` })
  const schema = (...more: string[]) => runMain(['schema', join(dir, 'in.csv'), ...more])
  const text = await schema()
  t.match(text.stdout, /^at +(STRING|SYMBOL) /m)
  t.match(text.stdout, /at: times have different offsets.*--timezone converts them/)
  const zoned = await schema('--timezone', 'UTC')
  t.match(zoned, { stdout: /^at +DATETIME /m, stderr: /next: .* --timezone UTC/ })
})
