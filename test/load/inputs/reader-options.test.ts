/* How inputs are read, and headers of inputs that are read later: the run finds a mismatch before it sends a row. */
import { join } from 'node:path'
import t from 'tap'
import { startLoadServer } from '../../helpers/load-server.js'
import { deepTest } from '../../helpers/runs.js'
import { useTurnClock } from '../../helpers/turn-clock.js'

useTurnClock()

const script = 'share streamTable(100:0, `id`name, [INT, STRING]) as people'
const target = { table: 'people' }
const good = 'id,name\n1,a\n'

deepTest(t, 'nothing is sent if one of the first hundred files does not match', async t => {
  const { load, count } = await startLoadServer(t, script)
  for (const [bad, exitCode, message] of [
    ['id,nmae\n1,a\n', 65, /header of .*b\.csv has no column "name" \(nearest: nmae\)/],
    ['id,name,x\n1,a,b\n', 65, /column "x" of .*b\.csv goes nowhere/],
    ['number,person\n1,a\n', 64, /first record of .*b\.csv.*`input\.header`/],
    ['name\na\n', 65, /no column "id"/],
    ['{"id":1,"name":"x"}\n', 64, /b\.csv looks like ndjson, and its name says csv/],
    ['"id,name\n1,a\n', 65, /first record of .*b\.csv: the quote opened in line 1 is never closed/],
    ['PK\x03\x04\x14\x00', 65, /b\.csv/],
    [Buffer.from('id,n\xe4me\n1,a\n', 'latin1'), 65, /b\.csv.*not UTF-8/],
  ] as const) {
    const dir = t.testdir({ 'a.csv': good, 'b.csv': bad, 'c.csv': good })
    const result = await load(`${dir}/*.csv`, { target })
    t.match(result, { exitCode, error: { message }, rows: { read: 0 } }, String(bad))
    t.notMatch(result.error?.message, /were sent/)
    t.equal(await count('people'), 0, String(bad))
  }
  const dir = t.testdir({ 'a.csv': good, 'b.csv': '', 'c.csv': 'name,id\nb,2\n' })
  t.match(await load(`${dir}/*.csv`, { target }), { exitCode: 0, rows: { confirmed: 2 } })
})

deepTest(t, 'a later file that does not match ends the run with the remedy', async t => {
  const { load, count } = await startLoadServer(t, script)
  const files: Record<string, string> = { '100.csv': 'id,nmae\n1,a\n' }
  for (let i = 0; i < 100; i++) files[`${String(i).padStart(3, '0')}.csv`] = good
  const dir = t.testdir(files)
  const run = { target, runId: 'r', journal: { folder: join(dir, 'state') } }
  const message = /100\.csv has no column "name".*inputs before it were sent: .* in a separate run$/
  t.match(await load(`${dir}/*.csv`, run), {
    exitCode: 65,
    rows: { read: 100, confirmed: 100 },
    error: { code: 'DDB_INPUT_COLUMN', message, fix: null },
  })
  t.equal(await count('people'), 100)
  const rest = { target, mapping: { map: { name: 'nmae' } } }
  t.match(await load(join(dir, '100.csv'), rest), { exitCode: 0, rows: { confirmed: 1 } })
})

t.test('a resumed run checks the files that were not read before', async t => {
  const { load, count } = await startLoadServer(t, script)
  const dir = t.testdir({ 'a.csv': good, 'b.csv': 'id,name\nx,b\n', 'c.csv': good })
  const run = { target, runId: 'r', journal: { folder: dir }, delivery: { batchRows: 1 } }
  for (let times = 0; times < 2; times++) {
    t.match(await load(`${dir}/*.csv`, run), { exitCode: 65, error: { code: 'DDB_INPUT_CELL' } })
  }
  t.equal(await count('people'), 1)
})
