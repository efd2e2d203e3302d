/*
  The tour of `npm start`, as a build server would see it.
*/
import t from 'tap'
import { runMain, spawnCli, type Spawned } from '../run-cli.js'

t.test('the tour shows three ways, measures, and ends by itself with code 0', async t => {
  const { code, stdout, stderr } = await spawnCli(['demo'], { covered: true }).outcome
  t.equal(code, 0, stderr)
  for (const way of [
    'tableInsert{trades}',
    'append!{loadTable("dfs://testDB","tb1")}',
    'appendStreamingData',
  ]) {
    t.ok(stdout.includes(`DolphinDB runs  ${way}`), way)
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
  t.match(stdout, /Each mode wrote [\d,]+ requests; every row was counted/)
  t.match(stdout, /asynchronous +[\d.]+ s +[\d,]+ rows\/s/)
  t.match(stdout, /Everything that was sent has been confirmed/)
  t.notOk(stdout.includes('\u001b'), 'no colours in a log')
  t.strictSame(
    stdout.split('\n').filter(line => [...line].length > 80 && !line.includes('/')),
    [],
    'lines fit 80 columns, whatever the length of paths',
  )
})

/** Port of the tour's own server, as soon as it says so. */
function portOf({ child, outcome }: Spawned): Promise<string> {
  let text = ''
  return new Promise((resolve, reject) => {
    child.stdout!.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const port = /listens on 127\.0\.0\.1:(\d+)/.exec(text)?.[1]
      if (port !== undefined) resolve(port)
    })
    outcome.then(({ stderr }) => reject(new Error(`the tour ended: ${stderr}`)), reject)
  })
}

const isServing = async (port: string): Promise<boolean> =>
  (await runMain(['exec', '--port', port, '-e', '1'])).code === 0

t.test('Ctrl-C ends the tour and its server, code 130', async t => {
  const tour = spawnCli(['demo'])
  const port = await portOf(tour)
  tour.child.kill('SIGINT')
  t.match(await tour.outcome, { code: 130, signal: null })
  t.notOk(await isServing(port))
})

t.test('the server ends with the tour even when that is killed', async t => {
  const tour = spawnCli(['demo'])
  const port = await portOf(tour)
  tour.child.kill('SIGKILL')
  await tour.outcome
  while (await isServing(port)) await new Promise(resolve => setImmediate(resolve))
  t.pass('nobody listens any more')
})
