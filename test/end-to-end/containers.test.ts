/* Loads in containers and on hosts that share a folder. Only one load at a time owns a run. If that load is killed, a second load resumes
   the run. If that load was only stopped and wakes later, it leaves the run to the second load. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import t, { type Test } from 'tap'
import type { RunsResult } from '../../src/cli/commands/runs/runs.js'
import type { LoadResult } from '../../src/load/options.js'
import { csv, ids, streamScript, upTo } from '../helpers/delivery.js'
import { startLoadServer } from '../helpers/load-server.js'
import { everyday, tried } from '../helpers/runs.js'
import { bin, outcomeOf, type Spawned, thirdBatchHeld } from '../cli/run-cli.js'

// Programs in separate namespaces, like containers that share a folder. They have different process numbers and, on
// request, a different host name. They use the network of this machine.

interface Place {
  readonly name: string
  /** Undefined for a program in the namespaces of this process. */
  readonly container?: {
    readonly host?: string
    /** Whether /proc shows the process numbers of the container (default) or those of this process's namespace. */
    readonly ownProc?: boolean
  }
}

const rights = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']

function unshareArguments({ host, ownProc = true }: NonNullable<Place['container']>): string[] {
  return [
    ...rights,
    ...['--pid', '--fork', '--kill-child'],
    ...(ownProc ? ['--mount-proc'] : []),
    ...(host === undefined ? [] : ['--uts']),
  ]
}

/** Test options that skip the test if no namespaces can be created. */
const needsContainers = mayUnshare()
  ? {}
  : { skip: 'this system does not let its users make namespaces (unshare)' }

function mayUnshare(): boolean {
  try {
    const script = 'echo b > /proc/sys/kernel/hostname'
    const argv = [...unshareArguments({ host: 'b' }), 'sh', '-c', script]
    execFileSync('unshare', argv, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

interface Contained extends Pick<Spawned, 'outcome'> {
  /** Sends a signal to the program itself. */
  kill(signal: NodeJS.Signals): void
}

/** Starts the command line in the container; without a container, in the namespaces of this process. */
function startIn(
  { container }: Place,
  argv: readonly string[],
  { cwd, environment }: { cwd: string; environment: Record<string, string> },
): Contained {
  const program = [process.execPath, bin, ...argv]
  const host =
    container?.host === undefined ? '' : `echo ${container.host} > /proc/sys/kernel/hostname; `
  const script = `unset NODE_OPTIONS; ${host}exec "$0" "$@"`
  const command =
    container === undefined
      ? ['sh', '-c', script, ...program]
      : ['unshare', ...unshareArguments(container), 'sh', '-c', script, ...program]
  const env = { ...process.env, ...environment }
  const child = spawn(command[0]!, command.slice(1), {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return {
    outcome: outcomeOf(child),
    kill(signal) {
      const pid = container === undefined ? child.pid : firstChild(child)
      // The program may have ended by itself.
      if ((child.exitCode ?? child.signalCode) === null && pid !== undefined) {
        process.kill(pid, signal)
      }
    },
  }
}

/** The process number of the child in the namespaces of this process; undefined once the child has ended. */
function firstChild({ pid }: ChildProcess): number | undefined {
  try {
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')
    return first === '' ? undefined : Number(first)
  } catch {
    return undefined
  }
}

const rowCount = 300

const here: Place = { name: 'here' }
const container: Place = { name: 'a container', container: {} }
const other: Place = { name: 'another container', container: {} }
const bare: Place = { name: 'a container without its own /proc', container: { ownProc: false } }
const host: Place = { name: 'another host', container: { host: 'b' } }

const pairs: readonly (readonly [first: Place, next: Place])[] = [
  [container, other],
  [container, here],
  [here, container],
  [bare, container],
  [host, here],
  [container, host],
]

async function scene(t: Test) {
  const folder = t.testdir({ 'rows.csv': csv(rowCount) })
  const { before, stuck, release } = thirdBatchHeld(20)
  const server = await startLoadServer(t, streamScript, { before })
  t.teardown(release)
  const environment = { XDG_STATE_HOME: join(folder, 'state') }
  const start = (place: Place, ...argv: string[]) =>
    startIn(place, argv, { cwd: folder, environment })
  const argv = ['load', 'rows.csv', '-t', 'target', '--host', `127.0.0.1:${server.server.port}`]
  const load = (place: Place, ...more: string[]) => start(place, ...argv, '-b', '20', ...more)
  return {
    here: server,
    folder,
    runs: join(folder, 'state/ddb-ingest/runs'),
    start,
    load,
    /** Starts a load. The server holds the third batch back. */
    stuck: async (place: Place, ...more: string[]) => {
      const run = await stuck(() => load(place, '--max-in-flight', '500', ...more))
      t.teardown(() => run.kill('SIGKILL'))
      return run
    },
    release,
  }
}

// The tests run in parallel, because their loads mostly wait for locks.
const options = { jobs: 9, ...needsContainers, ...(everyday ? { skip: true } : {}) }

t.test('loads share a folder', options, async t => {
  for (const [first, next] of tried(pairs)) {
    t.test(`while a load runs in ${first.name}, none runs in ${next.name}`, async t => {
      const { here, stuck, load, start, release } = await scene(t)
      const running = await stuck(first, '--run-id', 'nightly')
      const [taken, listed] = await Promise.all([
        load(next, '--run-id', 'nightly').outcome,
        start(next, 'runs', '--json').outcome,
      ])
      t.match(taken, {
        code: 75,
        stderr: /run "nightly" is in progress by process \d+.*DDB_LOCKED/,
      })
      t.match(JSON.parse(listed.stdout) as RunsResult, { runs: [{ state: 'running' }] })
      release()
      t.match(await running.outcome, { code: 0 })
      t.same(await ids(here), upTo(rowCount), 'every row once')
    })

    t.test(`a load killed in ${first.name} is resumed in ${next.name}`, async t => {
      const { here, stuck, load, start, release, runs } = await scene(t)
      const killed = await stuck(first, '--run-id', 'nightly')
      killed.kill('SIGKILL')
      await killed.outcome
      release()
      t.ok(existsSync(join(runs, 'nightly.journal.lock')))
      const [listed, resumed] = await Promise.all([
        start(next, 'runs', '--json').outcome,
        load(next, '--run-id', 'nightly', '--json').outcome,
      ])
      t.equal(resumed.code, 0, resumed.stderr)
      t.match(JSON.parse(resumed.stdout) as LoadResult, { rows: { read: rowCount, unsent: 0 } })
      t.same(await ids(here), upTo(rowCount), 'every row once')
      t.match(JSON.parse(listed.stdout) as RunsResult, { runs: [{ runId: 'nightly' }] })
      t.strictSame(readdirSync(runs), ['nightly.journal'])
      t.match(await load(first, '--run-id', 'nightly').outcome, { stdout: /^Already loaded/ })
    })
  }

  t.test('if several loads find a killed run at once, one resumes it', async t => {
    const { here, stuck, load, release } = await scene(t)
    const killed = await stuck(container, '--run-id', 'nightly')
    killed.kill('SIGKILL')
    await killed.outcome
    release()
    const ended = await Promise.all(
      [other, host, container, other].map(place => load(place, '--run-id', 'nightly').outcome),
    )
    const codes = ended.map(({ code }) => code)
    t.ok(
      codes.every(code => code === 0 || code === 75),
      ended.map(({ stderr }) => stderr).join('\n'),
    )
    t.ok(codes.includes(0))
    t.same(await ids(here), upTo(rowCount), 'every row once')
  })

  for (const mode of tried(['async', 'sync'])) {
    t.test(`a stopped load wakes after a takeover: ${mode}`, async t => {
      const { here, folder, stuck, load, start, release, runs } = await scene(t)
      const argv = ['--run-id', 'nightly', '--mode', mode, '--json=s.json']
      const stopped = await stuck(container, ...argv)
      stopped.kill('SIGSTOP')
      release()
      const next = await load(other, ...argv, '--on-doubt', 'report', '--json').outcome
      const { rows } = JSON.parse(next.stdout) as LoadResult
      t.match(next, { code: 0 }, next.stderr)
      t.equal(rows.confirmed + rows.skipped + rows.unconfirmed, rowCount)
      const [summary, journal] = [join(folder, 's.json'), join(runs, 'nightly.journal')].map(path =>
        readFileSync(path, 'utf8'),
      )
      stopped.kill('SIGCONT')
      const woken = await stopped.outcome
      t.match(woken, { code: 75, stderr: /was suspended.*DDB_LOCKED/s })
      t.notMatch(woken.stderr, 'to go on')
      t.equal(readFileSync(join(folder, 's.json'), 'utf8'), summary)
      t.equal(readFileSync(join(runs, 'nightly.journal'), 'utf8'), journal)
      t.same(await ids(here), upTo(rowCount), 'every row once')
      t.match(await start(other, 'runs', '--json').outcome, { code: 0 })
    })
  }

  t.test('a stopped load continues if it wakes before a takeover', async t => {
    const { here, stuck, load, release } = await scene(t)
    const stopped = await stuck(container, '--run-id', 'nightly')
    stopped.kill('SIGSTOP')
    release()
    const watching = load(other, '--run-id', 'nightly')
    stopped.kill('SIGCONT')
    t.match(await stopped.outcome, { code: 0 })
    t.match(await watching.outcome, { stdout: /^(Already loaded|$)/ })
    t.same(await ids(here), upTo(rowCount))
  })
})
