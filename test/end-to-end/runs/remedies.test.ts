/* Carries out, word for word, every remedy that the program prints for a run. Afterwards the table must have every row exactly once. */
import { copyFile, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import {
  recordLine,
  recordOf,
  type JournalRecord,
} from '../../../src/load/journal/journal-record.js'
import { remedies } from '../../../src/load/journal/changed-run.js'
import {
  runMainIn,
  shellWords,
  spawnCli,
  thirdBatchHeld,
  type Outcome,
  type Spawned,
} from '../../cli/run-cli.js'
import { csv, dfsScript, ids, upTo } from '../../helpers/delivery.js'
import { startLoadServer, type LoadServer } from '../../helpers/load-server.js'
import { sampled } from '../../helpers/runs.js'

const rowCount = 1_000

const tableScript = 'share table(10:0, `id`sym, [INT,SYMBOL]) as target'
const strangers =
  'tableInsert(objByName("target"), table(1000000 + 0..4 as id, take(`A`B, 5) as sym))'
const viewScript = `${tableScript}
def put(mutable data) { tableInsert(objByName("target"), data) }
addFunctionView(put)`

type Scene = Awaited<ReturnType<typeof scene>>

async function scene(t: Test, script = tableScript) {
  const folder = t.testdir({ 'rows.csv': csv(rowCount) })
  const held = thirdBatchHeld(100)
  const here = await startLoadServer(t, script, {
    settings: { persistenceDir: 'persisted' },
    before: held.before,
  })
  const environment = {
    XDG_STATE_HOME: join(folder, 'state'),
    DDB_USER: 'admin',
    DDB_PASSWORD: '123456',
  }
  const server = ['--host', `127.0.0.1:${here.server.port}`, '-b', '100']
  const isStored = script === dfsScript
  const rows = isStored ? 'loadTable("dfs://d","t")' : 'target'
  const target = script === viewScript ? [] : ['-t', isStored ? 'dfs://d/t' : 'target']
  const loading = (argv: string[]): string[] => ['load', 'rows.csv', ...target, ...server, ...argv]
  const start = (...argv: string[]): Spawned =>
    spawnCli(loading(argv), { environment, cwd: folder })
  /** Like `kill`, but the loader stays alive until `release` is called. */
  const stuck = (...argv: string[]) => held.stuck(() => start('--max-in-flight', '1k', ...argv))
  return {
    here,
    folder,
    start,
    stuck,
    load: (...argv: string[]) => runMainIn(folder, loading(argv), { environment }),
    /** Runs a command with the words into which sh divides it, by default in `/`. */
    shell: (command: string, cwd = '/') => {
      const [program, ...words] = shellWords(command)
      t.equal(program, 'ddb-ingest')
      return runMainIn(cwd, words, { environment })
    },
    /** Kills a loader while the server holds its third batch, then lets the server continue. */
    kill: async (...argv: string[]) => {
      const { child, outcome } = await stuck(...argv)
      child.kill('SIGKILL')
      await outcome
      held.release()
      // Only the session of the test stays.
      while (here.server.node.sessions.size > 1) await new Promise(setImmediate)
    },
    release: held.release,
    /** As the program advises. */
    removeRows: () => here.session.run(`delete from ${rows} where id < ${rowCount}`),
    /** Checks that the table has each row of the run once. @param others  number of rows from other clients */
    eachOnce: async (others = 0) => {
      const found = await ids(here, rows)
      const loaded = found.filter(id => id < rowCount)
      t.same(loaded, upTo(rowCount), 'each row once')
      t.equal(found.length, rowCount + others, 'and those of others')
    },
  }
}

function commandAfter(label: string, { stderr }: Outcome): string {
  const line = stderr.split('\n').find(one => one.includes(label))
  if (line === undefined) throw new Error(`no line with "${label}" in:\n${stderr}`)
  return line.slice(line.indexOf(label) + label.length).trim()
}

/** The command in a sentence of the text. */
function commandIn(text: string, pattern: RegExp): string {
  const [command] = pattern.exec(text) ?? []
  if (command === undefined) throw new Error(`no ${String(pattern)} in:\n${text}`)
  return command
}

/** The commands after `either` and `or` in what `runs RUN` prints. */
async function waysOf({ shell }: Scene, refused: Outcome): Promise<string[]> {
  const command = commandAfter('next: ', refused)
  const { stdout } = await shell(command)
  const lines = stdout.split('\n')
  if (lines.some(line => line.startsWith('  to go on'))) throw new Error(`a circle:\n${stdout}`)
  return lines.flatMap((line, i) => (/^ {2}(either|or) /.test(line) ? lines[i + 1]!.trim() : []))
}

const audits = 'to find out which rows are there: '
const restarts = 'to load all rows again, if the table has none of them: '
const resumes = /ddb-ingest resume \S+ --state-dir "[^"]+"/
const undefs = /ddb-ingest exec -e 'undef\([^']+' --host \S+:\d+/

const journalOf = async (folder: string): Promise<string> => {
  const runs = join(folder, 'state', 'ddb-ingest', 'runs')
  const name = (await readdir(runs)).find(one => one.endsWith('.jsonl') || one.includes('nightly'))
  return join(runs, name!)
}

/** A killed or finished run whose input was written again with its rows in a different order. */
async function changedScene(t: Test, isFinished = false) {
  const place = await scene(t)
  const path = join(place.folder, 'rows.csv')
  await utimes(path, 1_700_000_000, 1_700_000_000)
  await place[isFinished ? 'load' : 'kill']('--run-id', 'nightly')
  await copyFile(path, `${path}.before`)
  const [header, ...rows] = (await readFile(path, 'utf8')).trimEnd().split('\n')
  await writeFile(path, `${[header, ...rows.reverse()].join('\n')}\n`)
  const refused = await place.shell('ddb-ingest resume nightly')
  t.match(refused, { code: 64, stderr: 'DDB_RUN_CHANGED' })
  return { place, path, refused }
}

const ledgersOn = ({ server }: LoadServer): string[] =>
  [...server.node.shared.keys()].filter(name => name.startsWith('ddbIngestLedger'))

/** A resumed run whose killed process left no ledger, so that nobody can tell what became of its last batch. */
async function withoutReceipts({ kill, here, shell }: Scene) {
  await kill('--run-id', 'nightly', '--mode', 'sync')
  for (const name of ledgersOn(here)) here.server.node.shared.delete(name)
  return shell('ddb-ingest resume nightly')
}

type Remedy = keyof typeof remedies | 'unanswered'

/** A run whose journal has a damaged line cannot be resumed, but starts over, and leaves nothing on the server. */
async function startsOver(t: Test, at: number, damage: (line: string) => string, why: RegExp) {
  const { here, folder, load, kill, removeRows, eachOnce } = await scene(t)
  await kill('--run-id', 'nightly')
  const path = await journalOf(folder)
  const lines = (await readFile(path, 'utf8')).split('\n')
  lines[at] = damage(lines[at]!)
  await writeFile(path, lines.join('\n'))
  t.match(await load('--run-id', 'nightly'), { code: 66, stderr: why })
  await removeRows()
  const again = await load('--run-id', 'nightly', '--restart')
  t.match(again, { code: 0 }, again.stderr)
  await eachOnce()
  t.strictSame(ledgersOn(here), [])
}

const carriedOut: Readonly<Record<Remedy, Readonly<Record<string, (t: Test) => Promise<void>>>>> = {
  lookThenRestart: {
    'the table was made again, and none of the rows is there': async t => {
      const { here, load, shell, eachOnce } = await scene(t)
      t.match(await load('--run-id', 'nightly'), { code: 0 })
      await here.session.run(`undef("target", SHARED)\n${tableScript}`)
      await here.session.run(strangers)
      const refused = await load('--run-id', 'nightly')
      t.match(refused, { code: 75, stderr: remedies.lookThenRestart().slice(0, 60) })
      const { stdout } = await shell('ddb-ingest runs nightly')
      t.match(stdout, /if the table has none of them:\n +ddb-ingest resume nightly --restart\n/)
      t.notMatch(stdout, 'to go on')
      t.match(await shell(commandAfter(audits, refused)), { code: 4, stdout: / 0 found in / })
      t.match(await shell(commandAfter(restarts, refused)), { code: 0 })
      await eachOnce(5)
    },
    'the table was made again during the run: a resumed run would not find its rows': async t => {
      const { here, folder, stuck, release, shell, eachOnce } = await scene(t)
      const { outcome } = await stuck('--run-id', 'nightly')
      await here.session.run(`undef("target", SHARED)\n${tableScript}`)
      release()
      const ended = await outcome
      t.match(ended, { code: 4, stdout: /next +ddb-ingest audit nightly\n/ })
      t.notMatch(ended.stderr, 'resume nightly\n')
      const { stdout } = await shell('ddb-ingest runs nightly')
      t.notMatch(stdout, /resume nightly\n/)
      const found = commandAfter(audits, ended)
      const asked = await shell(`${found} --missing rest.csv`, folder)
      t.match(asked.stderr, 'run "nightly" is not finished')
      const early = await shell('ddb-ingest retry rest.csv', folder)
      t.match(early, { code: 64, stderr: 'give it up first: ddb-ingest runs nightly --clean' })
      t.match(await shell('ddb-ingest runs nightly --clean'), { code: 0 })
      t.match(await shell('ddb-ingest retry rest.csv', folder), { code: 0 })
      await eachOnce()
    },
    'nothing tells, and the rows are there': async t => {
      const { load, shell, removeRows, eachOnce } = await scene(t, viewScript)
      const into = ['--function', 'put', '--types', 'id:INT,sym:SYMBOL', '--run-id', 'nightly']
      t.match(await load(...into), { code: 0 })
      const refused = await load(...into)
      t.match(refused, { code: 75, stderr: 'DDB_UNPROVEN' })
      const named = commandAfter(audits, refused).replace('TABLE', 'target')
      const audit = named.replace('COLUMN', 'id')
      t.match(await shell(audit), { code: 0, stdout: /^complete/ })
      await eachOnce()
      await removeRows()
      t.match(await shell(audit), { code: 4, stdout: / 0 found in / })
      t.match(await shell(commandAfter(restarts, refused)), { code: 0 })
      await eachOnce()
    },
  },
  lookThenForget: {
    'the table was made again after a shard': async t => {
      const { here, load, shell, eachOnce } = await scene(t)
      const shards = ['--run-id', 'nightly', '--shard', '1/1']
      t.match(await load(...shards), { code: 0 })
      await here.session.run(`undef("target", SHARED)\n${tableScript}`)
      const refused = await load(...shards)
      t.match(refused, { code: 75, stderr: remedies.lookThenForget('nightly').slice(0, 60) })
      const command = /`(ddb-ingest runs [^`]*)`/.exec(refused.stderr)![1]!
      const forgotten = await shell(command.replace('HOST', `127.0.0.1:${here.server.port}`))
      t.match(forgotten, { code: 0, stdout: 'removed run nightly' })
      t.match(await load(...shards), { code: 0 })
      await eachOnce()
    },
  },
  removeThenRestart: {
    'the journal is damaged': async t => {
      const refusal = /damaged.*would be stored twice: remove them/s
      await startsOver(t, 2, line => line.replace(/\d/g, '7'), refusal)
    },
    'another version of the program wrote the journal, and its ledger is on the server':
      async t => {
        const ofOther = (line: string): string =>
          recordLine({ ...recordOf(line)!, format: 4 } as JournalRecord).trimEnd()
        await startsOver(t, 0, ofOther, /another version .*\(format 4; .*remove them/s)
      },
  },
  nothingStored: {
    'its options were refused: it is not resumed with them': async t => {
      const { load, shell, eachOnce } = await scene(t)
      const refused = await load('--run-id', 'nightly', '-j', '4')
      t.match(refused, { code: 64, stderr: /--unordered/ })
      t.notMatch(refused.stderr, /to go on/)
      t.notMatch((await shell('ddb-ingest runs nightly')).stdout, /to go on/)
      t.match(await load('--run-id', 'nightly', '-j', '4', '--unordered'), { code: 0 })
      await eachOnce()
    },
    'every row was rejected, and the options are others': async t => {
      const { load, folder, eachOnce } = await scene(t)
      const path = join(folder, 'rows.csv')
      const good = await readFile(path, 'utf8')
      await writeFile(path, good.replace(/^\d+/gm, 'x'))
      const all = ['--run-id', 'nightly', '--rejects', 'q.csv', '--max-errors', '100%']
      t.match(await load(...all), { code: 3 })
      await writeFile(path, good)
      t.match(await load(...all), { code: 64, stderr: 'start the run over with --restart' })
      t.match(await load(...all, '--restart'), { code: 73, stderr: 'load or move it first' })
      for (const name of ['q.csv', 'q.csv.reasons.ndjson']) await rm(join(folder, name))
      t.match(await load(...all, '--restart'), { code: 0 })
      await eachOnce()
    },
  },
  beginsAnew: {
    'it stopped at its first bad row, which is repaired': async t => {
      const { here, load, folder, eachOnce } = await scene(t)
      const path = join(folder, 'rows.csv')
      const good = await readFile(path, 'utf8')
      await writeFile(path, good.replace('\n0,', '\nx,'))
      t.match(await load('--run-id', 'nightly'), { code: 65 })
      await writeFile(path, good)
      const again = await load('--run-id', 'nightly')
      t.match(again, { code: 0, stderr: 'No row of the run was stored, so the run starts over' })
      await eachOnce()
      t.strictSame(ledgersOn(here), [])
    },
  },
  anotherLoad: {
    'the options are others': async t => {
      const { load, removeRows, eachOnce } = await scene(t)
      t.match(await load('--run-id', 'nightly'), { code: 0 })
      const other = ['--run-id', 'nightly', '--null', 'none']
      t.match(await load(...other), {
        code: 64,
        stderr: 'remove the rows that the run has stored, then start over with --restart',
      })
      await eachOnce()
      await removeRows()
      t.match(await load(...other, '--restart'), { code: 0 })
      await eachOnce()
    },
    'a file has changed, and is put back': async t => {
      const { place, refused, path } = await changedScene(t)
      const [resume = ''] = await waysOf(place, refused)
      t.match(await place.shell(resume), { code: 64 }, 'nothing is sent as long as it is not')
      await copyFile(`${path}.before`, path)
      await utimes(path, 1_700_000_000, 1_700_000_000)
      t.match(await place.shell(resume), { code: 0 })
      await place.eachOnce()
    },
    'a file has changed, and its rows are removed': async t => {
      for (const isFinished of [false, true]) {
        const { place, refused } = await changedScene(t, isFinished)
        const [, restart = ''] = await waysOf(place, refused)
        await place.removeRows()
        t.match(await place.shell(restart), { code: 0 })
        await place.eachOnce()
      }
    },
    'a file has changed, and the run is given up': async t => {
      const { place, refused } = await changedScene(t)
      const before = await ids(place.here)
      const [, , clean = ''] = await waysOf(place, refused)
      t.match(await place.shell(clean), { code: 0, stdout: 'removed 1 journal: nightly' })
      t.same(await ids(place.here), before)
      t.match(await place.shell('ddb-ingest runs nightly'), { code: 66 })
    },
  },
  unanswered: {
    'the rows are there': async t => {
      const place = await scene(t)
      const left = await withoutReceipts(place)
      t.match(left, { code: 4 })
      const [, clean = ''] = await waysOf(place, left)
      await place.eachOnce()
      t.match(await place.shell(clean), { code: 0 })
    },
    'the table has none of them': async t => {
      const place = await scene(t)
      const left = await withoutReceipts(place)
      t.match(left.stdout, 'lines 202 to 301')
      await place.here.session.run('delete from target where id between 200:299')
      const [resend = ''] = await waysOf(place, left)
      t.match(await place.shell(resend), { code: 0 })
      await place.eachOnce()
    },
  },
  waitForIt: {
    'another process is at the run': async t => {
      const { load, stuck, release, eachOnce } = await scene(t)
      const { outcome } = await stuck('--run-id', 'nightly')
      const refused = await load('--run-id', 'nightly')
      t.match(refused, {
        code: 75,
        stderr: 'Wait until that process ends. For a different load, choose another --run-id',
      })
      release()
      t.match(await outcome, { code: 0 })
      t.match(await load('--run-id', 'nightly'), { code: 0, stdout: /^Already loaded/ })
      await eachOnce()
    },
  },
  goOnThere: {
    'another host goes on with it': async t => {
      const { load, kill, shell, eachOnce, folder } = await scene(t)
      await kill('--run-id', 'nightly')
      const there = await load('--run-id', 'nightly', '--state-dir', join(folder, 'other'))
      t.match(there, { code: 75, stderr: /some of its rows may be there.*would store them twice/s })
      const unwanted = join(folder, 'other')
      t.notMatch(there.stderr, unwanted, 'the run neither resumes nor starts over in this folder')
      t.match(await shell(commandIn(there.stderr, resumes)), { code: 0 })
      await eachOnce()
      const later = await load('--run-id', 'nightly')
      t.match(later, { code: 0, stdout: /^Already loaded/ })
    },
    'the journal is lost for good': async t => {
      const { load, kill, shell, removeRows, eachOnce, folder } = await scene(t)
      await kill('--run-id', 'nightly')
      await rm(join(folder, 'state'), { recursive: true })
      const refused = await load('--run-id', 'nightly')
      t.match(refused, { code: 75 })
      await removeRows()
      t.match(await shell(commandIn(refused.stderr, undefs)), { code: 0 })
      t.match(await load('--run-id', 'nightly'), { code: 0 })
      await eachOnce()
    },
  },
}

for (const [remedy, cases] of Object.entries(carriedOut)) {
  for (const [what, play] of sampled(Object.entries(cases))) t.test(`${remedy}: ${what}`, play)
}

t.test('each remedy that the program can print is carried out', async t => {
  t.same(Object.keys(carriedOut).sort(), [...Object.keys(remedies), 'unanswered'].sort())
})
