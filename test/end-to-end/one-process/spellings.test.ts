/* Options that control how texts are read, from the command line to the table. */
import t from 'tap'
import { runMain } from '../../cli/run-cli.js'
import { useTurnClock } from '../../helpers/turn-clock.js'
import { startServerFor } from '../../helpers/load-server.js'

useTurnClock()

const server = await startServerFor(t, {
  initScript:
    'share table(100:0, `day`at`share`amount`yes, [DATE, TIMESTAMP, DOUBLE, DOUBLE, BOOL]) as sales',
})
const port = String(server.port)
const load = (argv: readonly string[], stdin: string) =>
  runMain(['load', '-', '--host', `127.0.0.1:${port}`, '-t', 'sales', '--json', ...argv], { stdin })
const all = async (): Promise<unknown> => {
  const query = 'select * from sales; '
  const argv = ['exec', '--host', `127.0.0.1:${port}`, '-e', query, '--output', 'csv']
  return (await runMain(argv)).stdout
}

const options = [
  ...['--date-format', 'dd/MM/yyyy', '--date-format', 'at=epoch:s', '--timezone', '+01:00'],
  ...['--decimal-comma', '--thousands', '.', '--percent', 'share', '--booleans', 'ja/nein'],
]

t.test('spellings of CSV, with all options together', async t => {
  const text = 'day;at;share;amount;yes\n31/12/2023;0;12,5%;1.234,5;ja\n;;;;\n'
  const { code, stderr } = await load(['-d', ';', ...options], text)
  t.equal(code, 0, stderr)
  t.equal(
    await all(),
    'day,at,share,amount,yes\n2023.12.31,1970.01.01T01:00:00.000,0.125,1234.5,true\n,,,,\n',
  )
})

t.test('members inside documents are loaded, and bad ones skipped', async t => {
  await runMain(['exec', '--host', `127.0.0.1:${port}`, '-e', 'delete from sales'])
  const row = { day: '01/02/2024', v: { at: 1, share: '1%', amount: 2.5, yes: false } }
  const bad = { day: 5, v: { at: '2', share: 7, amount: {}, yes: 'nein' } }
  const text = JSON.stringify({ n: 2, data: { rows: [row, bad] } })
  const map = ['at', 'share', 'amount', 'yes'].flatMap(name => ['-m', `${name}=v.${name}`])
  const path = ['--json-path', 'data.rows', '--on-error', 'null']
  const { code, stdout, stderr } = await load([...options, ...map, ...path], text)
  t.equal(code, 0, stderr)
  t.match(JSON.parse(stdout), {
    columns: [{ coerced: 1 }, { coerced: 0 }, { coerced: 0 }, { coerced: 1 }, { coerced: 0 }],
  })
  t.equal(
    await all(),
    'day,at,share,amount,yes\n2024.02.01,1970.01.01T01:00:01.000,0.01,2.5,false\n,1970.01.01T01:00:02.000,7,,false\n',
  )
})
