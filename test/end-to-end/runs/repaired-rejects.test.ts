/* Rejects that a user has repaired, or added rows to, before their run goes on: none is lost, and none is loaded twice. */
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { recordOf } from '../../../src/load/journal/journal-record.js'
import { startLoadServer } from '../../helpers/load-server.js'
import { runMain, type Outcome } from '../../cli/run-cli.js'

/** The run `daily` has ended because of its bad rows. */
async function scene(t: Test) {
  const script = 'share streamTable(100:0, `id`sym, [INT, STRING]) as ids'
  const server = await startLoadServer(t, script)
  const folder = t.testdir({ 'in.csv': 'id,sym\nx1,A\nx2,B\n' })
  const at = (name: string): string => join(folder, name)
  const environment = { XDG_STATE_HOME: at('state') }
  const run = (...words: string[]): Promise<Outcome> => runMain(words, { environment })
  const to = ['-t', 'ids', '--host', `127.0.0.1:${server.server.port}`]
  const load = (...words: string[]): Promise<Outcome> =>
    run('load', at('in.csv'), ...to, '--run-id', 'daily', '--rejects', at('r.csv'), ...words)
  t.match(await load('--max-errors', '1'), { code: 65 })
  return {
    ...{ at, run, to, load },
    journal: at('state/ddb-ingest/runs/daily.journal'),
    resume: (...words: string[]) => run('resume', 'daily', '--max-errors', '9', ...words),
    retry: (name: string, ...words: string[]) => run('retry', at(name), ...words),
    text: (name: string): string => readFileSync(at(name), 'utf8'),
    repair: (name: string, from: RegExp | string = /x/g, to = ''): void =>
      writeFileSync(at(name), readFileSync(at(name), 'utf8').replace(from, to)),
    move: (from: string, to: string): void => {
      for (const end of ['', '.reasons.ndjson']) renameSync(at(from + end), at(to + end))
    },
    ids: async () => (await server.rows('select * from ids order by id')).map(([id]) => id),
  }
}

t.test('a file that was repaired, and given up for another, stays as it is', async t => {
  const { repair, resume, at, retry, ids } = await scene(t)
  repair('r.csv', /x/g, '1000')
  t.match(await resume('--rejects', at('s.csv')), { code: 3 })
  t.match(await retry('r.csv'), { code: 0 })
  t.strictSame(await ids(), ['10001', '10002'])
})

t.test('rows that the user adds at the end are neither cut off nor removed', async t => {
  const { text, at, resume, load, retry } = await scene(t)
  const keeps = async (name: string, code: number, act: () => Promise<Outcome>): Promise<void> => {
    const before = text(name)
    appendFileSync(at(name), '7,G\n')
    t.match(await act(), { code })
    t.equal(text(name), `${before}7,G\n`)
    writeFileSync(at(name), before)
  }
  await keeps('r.csv', 73, resume)
  t.match(await retry('r.csv'), { code: 3 })
  await keeps('r.retry.csv', 3, () => retry('r.csv'))
  await keeps('r.csv', 73, () => load('--restart'))
})

/** As if the last process had been killed. */
function removeEnd(journal: string): void {
  const lines = readFileSync(journal, 'utf8').split(/(?<=\n)/)
  writeFileSync(journal, lines.filter(line => recordOf(line.trim())!.kind !== 'end').join(''))
}

t.test('nor after a killed process that has counted all of its rejects', async t => {
  const { journal, text, at, resume, load } = await scene(t)
  removeEnd(journal)
  appendFileSync(at('r.csv'), '7,G\n')
  for (const act of [resume, () => load('--restart')]) {
    t.match(await act(), { code: 73 })
    t.match(text('r.csv'), /^7,G$/m)
  }
})

t.test('rejects that a killed run reads again are not loaded before that', async t => {
  const { journal, repair, at, resume, retry, ids } = await scene(t)
  removeEnd(journal)
  // It was about to count this one.
  appendFileSync(at('r.csv'), 'x3,C\n')
  appendFileSync(at('r.csv.reasons.ndjson'), '{"runId":"daily"}\n')
  const refused = { code: 64, stderr: /counts only the first 2 of 3, and reads .* Resume it first/ }
  t.match(await retry('r.csv'), refused)
  repair('r.csv')
  t.match(await resume('--rejects', at('s.csv')), { code: 3 })
  t.match(await retry('r.csv'), refused, 'it has the third in the other file')
  repair('r.csv', '3,C\n')
  t.match(await retry('r.csv', '--restart'), { code: 0 })
  t.strictSame(await ids(), ['1', '2'])
})

t.test('rejects of a retry that has started over are not loaded again', async t => {
  const { repair, move, resume, retry, ids } = await scene(t)
  t.match(await resume(), { code: 3 })
  t.match(await retry('r.csv'), { code: 3 })
  for (const name of ['r.csv', 'r.retry.csv']) repair(name)
  const changed = { code: 64, stderr: /its input .* has changed/ }
  t.match(await retry('r.csv'), changed)
  t.match(await retry('r.retry.csv'), { code: 0 })
  move('r.retry.csv', 'done.csv')
  t.match(await retry('r.csv'), changed)
  t.strictSame(await ids(), ['1', '2'])
})

t.test('rejects of a run that has started over are loaded only on request', async t => {
  const { repair, move, load, retry, ids } = await scene(t)
  const refused = { code: 64, stderr: /was started over after it had saved them/ }
  t.match(await retry('r.csv'), { code: 3 })
  move('r.retry.csv', 'fix.csv')
  repair('fix.csv')
  t.match(await retry('r.csv', '--null', 'x1', '--null', 'x2'), { code: 0 })
  t.match(await retry('fix.csv'), refused)
  move('r.csv', 'old.csv')
  t.match(await load('--restart'), { code: 3 })
  repair('old.csv')
  t.match(await retry('old.csv'), refused)
  t.match(await retry('fix.csv', '--restart'), { code: 0 })
  t.strictSame(await ids(), ['', '', '1', '2'])
})

t.test('nothing of this keeps usual rejects from being loaded', async t => {
  const { repair, move, at, load, resume, retry, ids } = await scene(t)
  t.match(await retry('r.csv', '--state-dir', at('another')), { code: 3 }, 'without its journal')
  move('r.retry.csv', 'aside.csv')
  t.match(await retry('r.csv'), { code: 3, stderr: /is not finished/ })
  t.match(await resume(), { code: 3 })
  t.match(await retry('r.retry.csv'), { code: 3 })
  // The reasons may have been made longer.
  repair('r.retry-2.csv.reasons.ndjson', /"message":"/g, '"message":"seen, ')
  move('r.retry-2.csv', 'moved.csv')
  t.match(await retry('moved.csv'), { code: 3 })
  repair('moved.retry.csv')
  t.match(await retry('moved.retry.csv'), { code: 0 })
  t.match(await load('--shard', '1/1', '--max-errors', '9'), { code: 3 }, 'no journal')
  t.match(await retry('r.s1.csv'), { code: 3 })
  t.strictSame(await ids(), ['1', '2'])
})

t.test('an unclosed quote at the end of an input takes in no reject of the next one', async t => {
  const { at, run, to, text, repair, retry, ids } = await scene(t)
  writeFileSync(at('a.csv'), 'id,sym\nx1,A\n2,"open\n')
  writeFileSync(at('b.csv'), 'id,sym\nx3,"C"\n')
  const options = [...to, '--run-id', 'both', '--rejects', at('both.csv'), '--max-errors', '1']
  t.match(await run('load', at('a.csv'), at('b.csv'), ...options), { code: 65 })
  t.match(await run('resume', 'both', '--max-errors', '9'), { code: 3 })
  repair('both.csv')
  t.match(await retry('both.csv'), { code: 0 })
  t.match(await retry('both.2.csv'), { code: 3 })
  t.equal(text('both.2.csv'), 'id,sym\n2,"open\n')
  t.strictSame(await ids(), ['1', '3'])
})

t.test('what a process saved without counting it is no change by the user', async t => {
  const { at, run, to, text } = await scene(t)
  const whole = gzipSync(`id,sym\nx1,A\n${'2,B\n'.repeat(99)}`, { level: 0 })
  writeFileSync(at('cut.csv.gz'), whole.subarray(0, -30))
  const options = [...to, '--run-id', 'cut', '--rejects', at('cut.csv')]
  t.match(await run('load', at('cut.csv.gz'), ...options), { code: 66 })
  t.equal(text('cut.csv'), 'id,sym\nx1,A\n2,\n', 'the last record is cut off')
  t.match(await run('resume', 'cut'), { code: 66 })
})
