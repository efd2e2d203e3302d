/*
  The tour of `npm start`, as a build server would see it.
*/
import t from 'tap'
import { spawnCli } from './run-cli.js'

t.test('the tour shows three ways, measures, and ends by itself with code 0', async t => {
  const { code, stdout, stderr } = await spawnCli(['demo']).outcome
  t.equal(code, 0, stderr)
  for (const way of [
    'tableInsert{trades}',
    'append!{loadTable("dfs://testDB","tb1")}',
    'appendStreamingData',
  ]) {
    t.ok(stdout.includes(`DolphinDB runs ${way}`), way)
  }
  const counts = Array.from(
    stdout.matchAll(/expected ([\d,]+) {3}confirmed ([\d,]+) {3}in the table ([\d,]+)/g),
    ([, ...numbers]) => numbers,
  )
  t.strictSame(counts, [
    ['1,000', '1,000', '1,000'],
    ['4', '4', '4'],
    ['1,000', '1,000', '1,000'],
  ])
  t.match(stdout, /asynchronous +[\d.]+ s +[\d,]+ rows\/s/)
  t.match(stdout, /Everything that was sent has been confirmed/)
  t.notOk(stdout.includes('\u001b'), 'no colours in a log')
  t.strictSame(
    stdout.split('\n').filter(line => [...line].length > 80 && !line.includes('/')),
    [],
    'lines fit 80 columns, whatever the length of paths',
  )
})
