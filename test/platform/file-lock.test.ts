/* A lock between processes. test/cli/files/state.test.ts tests the locks of the command line, including those of killed processes.
   test/end-to-end/containers.test.ts tests locks in containers and on different hosts. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Clock, FileLock } from '../../src/platform/platform.js'
import {
  FileLocks,
  holderState,
  holderText,
  renewEveryMs,
  staleMs,
  thisProcess,
  type LockHolder,
} from '../../src/platform/file-lock.js'
import { handClock, leapingClock } from '../helpers/clocks.js'
import { deepTest } from '../helpers/runs.js'

const takeFileLock = (path: string, clock: Clock) => new FileLocks(clock).take(path)
const lockHolder = (path: string, clock: Clock) => new FileLocks(clock).holderOf(path)

/** The clock of a process that watches a lock: waits end at once. With this clock, a holder never renews. */
const watcherClock = (): Clock => ({
  ...leapingClock(),
  afterIfAlive: () => ({ cancel: () => undefined }),
})

const placeOf = (t: Test): { dir: string; path: string } => {
  const dir = t.testdir()
  return { dir, path: join(dir, 'r.lock') }
}

async function held(path: string, clock: Clock = handClock()): Promise<FileLock> {
  const answer = await takeFileLock(path, clock)
  if (answer.kind !== 'held') throw new Error(`the lock is ${answer.kind}`)
  return answer.lock
}

/** Writes a lock with some members changed; undefined removes a member. */
async function write(path: string, change: Record<string, unknown>): Promise<void> {
  const lock = await held(`${path}.model`)
  const model = JSON.parse(readFileSync(`${path}.model`, 'utf8')) as Record<string, unknown>
  lock.release()
  writeFileSync(path, JSON.stringify({ ...model, token: '00112233445566aa', ...change }))
}

/** The id of a process that has ended. */
const deadPid = (): number =>
  Number(execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }))

/** The lock members of a process in a different container. */
const elsewhere = { place: 'boot pid:[1] time:[1]', pid: 7 }

/** The clock of a watcher. Calls `renew` after the watcher has looked at the lock this many times. */
function watchedClock(looks: number, renew: () => void): Clock & { readonly waitedMs: number } {
  const leaping = watcherClock()
  let looked = 0
  return {
    ...leaping,
    get waitedMs() {
      return leaping.nowMs()
    },
    after: (delayMs, callback) =>
      leaping.after(delayMs, () => {
        if (++looked === looks) renew()
        callback()
      }),
  }
}

const touch = (path: string): void => {
  const { mtimeMs } = statSync(path)
  utimesSync(path, mtimeMs / 1000 + 3, mtimeMs / 1000 + 3)
}

t.test('a lock exists while a process holds it, and is gone once it is released', async t => {
  const { dir, path } = placeOf(t)
  t.equal(await lockHolder(path, handClock()), undefined)
  const lock = await held(path)
  t.equal(lock.path, path)
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.strictSame(readdirSync(dir), ['r.lock'], 'nothing else is left')
  t.match(JSON.parse(readFileSync(path, 'utf8')), { pid: process.pid, host: hostname() })
  lock.release()
  t.strictSame(readdirSync(dir), [])
  t.match(await takeFileLock(path, handClock()), { kind: 'held', from: 'nobody' })
  lock.release()
  t.ok(existsSync(path), 'a second call does nothing, not even to the next holder')
})

t.test('a lock of a living process counts as taken, even of this process, at once', async t => {
  const { dir, path } = placeOf(t)
  await held(path)
  const taken = { kind: 'taken', pid: process.pid }
  const clock = handClock()
  t.match(await takeFileLock(path, clock), taken)
  t.match(new FileLocks(clock).takeNow(path), taken)
  t.match(await lockHolder(path, clock), { ...taken, who: /^process \d+ since 2/ })
  t.equal(clock.timers, 0)
  t.strictSame(readdirSync(dir), ['r.lock'])
})

deepTest(t, 'the lock of a process that has certainly ended is taken over at once', async t => {
  const cases: Record<string, () => Record<string, unknown>> = {
    'no such process': () => ({ pid: deadPid() }),
    'another process under that id': () => ({ startTicks: '1' }),
  }
  for (const [name, change] of Object.entries(cases)) {
    const { dir, path } = placeOf(t)
    await write(path, change())
    t.equal(await lockHolder(path, handClock()), undefined, name)
    const taken = await takeFileLock(path, handClock())
    t.match(taken, { kind: 'held', from: 'dead' }, name)
    t.match(await takeFileLock(path, handClock()), { kind: 'taken', pid: process.pid })
    t.strictSame(readdirSync(dir), ['r.lock'], name)
  }
})

t.test('a lock that its unknown holder does not renew is taken over after a while', async t => {
  const cases: Record<string, Record<string, unknown>> = {
    'in another container': elsewhere,
    'of another boot, on a host of the same name': { place: 'of another machine' },
    'on another host': { host: 'elsewhere', place: 'of another machine' },
    'of a system that tells nothing': { place: null, startTicks: null },
    'whose start is not known': { startTicks: null },
  }
  for (const [name, change] of Object.entries(cases)) {
    const { dir, path } = placeOf(t)
    await write(path, change)
    const clock = watcherClock()
    t.match(new FileLocks(clock).takeNow(path), { kind: 'taken' }, name)
    t.equal(await lockHolder(path, clock), undefined, name)
    const beganMs = clock.nowMs()
    t.match(await takeFileLock(path, clock), { kind: 'held', from: 'stale' }, name)
    t.ok(clock.nowMs() - beganMs >= staleMs)
    t.strictSame(readdirSync(dir), ['r.lock'], name)
  }
})

t.test('an unknown holder that renews its lock keeps it', async t => {
  for (const looks of [1, 5, 55]) {
    const { dir, path } = placeOf(t)
    await write(path, elsewhere)
    const clock = watchedClock(looks, () => touch(path))
    const who = /^process 7 in another container or machine of this name since 2/
    t.match(await takeFileLock(path, clock), { kind: 'taken', pid: 7, who })
    t.ok(clock.waitedMs < staleMs)
    const again = watchedClock(looks, () => touch(path))
    t.match(await lockHolder(path, again), { kind: 'taken', pid: 7 })
    t.strictSame(readdirSync(dir), ['r.lock'])
  }
})

t.test('a lock that is released, or changes hands, while it is watched', async t => {
  const { path } = placeOf(t)
  await write(path, elsewhere)
  const free = watchedClock(3, () => rmSync(path))
  t.match(await takeFileLock(path, free), { kind: 'held', from: 'nobody' })
  await write(path, elsewhere)
  const other = watchedClock(3, () => writeFileSync(path, 'of somebody else'))
  t.match(await takeFileLock(path, other), { kind: 'strange' })
})

t.test('the time in which a watcher itself has slept does not count', async t => {
  const { path } = placeOf(t)
  await write(path, elsewhere)
  const leaping = watcherClock()
  let sleptMs = 0
  // Between two looks, the whole machine (watcher and holder) stands still for an hour.
  const clock: Clock = {
    ...leaping,
    nowMs: () => leaping.nowMs() + sleptMs,
    after: (delayMs, callback) =>
      leaping.after(delayMs, () => {
        if (leaping.nowMs() === 1_000) sleptMs = 3_600_000
        if (leaping.nowMs() === 4_000) touch(path)
        callback()
      }),
  }
  t.match(await takeFileLock(path, clock), { kind: 'taken', pid: 7 })
})

deepTest(t, 'an interrupted takeover can itself be taken over', async t => {
  const { dir, path } = placeOf(t)
  await write(path, { pid: deadPid() })
  await write(`${path}+00112233445566aa`, { pid: deadPid(), token: 'aa66554433221100' })
  t.equal((await takeFileLock(path, handClock())).kind, 'held')
  t.strictSame(readdirSync(dir), ['r.lock'])
})

t.test('a takeover that was killed in a different container can be taken over, too', async t => {
  const { dir, path } = placeOf(t)
  await write(path, elsewhere)
  await write(`${path}+00112233445566aa`, { ...elsewhere, token: 'aa66554433221100' })
  t.equal((await takeFileLock(path, watcherClock())).kind, 'held')
  t.strictSame(readdirSync(dir), ['r.lock'])
})

deepTest(t, 'a takeover in progress keeps other processes out', async t => {
  const { path } = placeOf(t)
  await write(path, { pid: deadPid() })
  await write(`${path}+00112233445566aa`, { token: 'aa66554433221100' })
  t.match(await takeFileLock(path, handClock()), { kind: 'taken', pid: process.pid })
})

t.test('if several processes find a stale lock, exactly one of them takes it', async t => {
  const { dir, path } = placeOf(t)
  await write(path, elsewhere)
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => takeFileLock(path, watcherClock())),
  )
  t.equal(answers.filter(({ kind }) => kind === 'held').length, 1)
  t.equal(answers.filter(({ kind }) => kind === 'taken').length, 7)
  t.strictSame(readdirSync(dir), ['r.lock'])
})

t.test('a holder renews its lock, even if the wall clock is set', async t => {
  const { path } = placeOf(t)
  let wallMs = Date.parse('2026-01-02T03:04:05Z')
  const hand = handClock()
  const lock = await held(path, { ...hand, wallMs: () => wallMs })
  const stamps = [statSync(path).mtimeMs]
  for (const jumpMs of [0, -3 * renewEveryMs, 86_400_000, 0, -1_000_000_000]) {
    wallMs += jumpMs
    hand.advance(renewEveryMs)
    stamps.push(statSync(path).mtimeMs)
  }
  t.equal(new Set(stamps).size, stamps.length, 'no renewal looks like one before')
  t.equal(lock.lost(), undefined)
  lock.release()
  t.equal(hand.timers, 0)
})

/** Takes the lock over, like a different process. */
async function takeOver(path: string): Promise<void> {
  await write(`${path}.other`, { ...elsewhere, host: 'elsewhere', since: 'just now' })
  renameSync(`${path}.other`, path)
}

t.test('a holder that wakes after a takeover notices it, and does not touch the lock', async t => {
  const { dir, path } = placeOf(t)
  const clock = handClock()
  let nowMs = 0
  const lock = await held(path, { ...clock, nowMs: () => nowMs })
  await takeOver(path)
  t.equal(
    lock.lost(),
    undefined,
    'a lock renewed just now cannot be taken over: the file is not read',
  )
  // While the holder is stopped, no timer fires.
  nowMs = 3_600_000
  t.match(lock.lost(), /^process 7 on elsewhere since just now has it$/)
  const { mtimeMs } = statSync(path)
  lock.release()
  t.equal(statSync(path).mtimeMs, mtimeMs)
  t.strictSame(readdirSync(dir), ['r.lock'])
})

t.test('a holder that is awake also notices a takeover', async t => {
  const { path } = placeOf(t)
  const clock = handClock()
  const lock = await held(path, clock)
  await takeOver(path)
  clock.advance(renewEveryMs)
  t.match(lock.lost(), /process 7 on elsewhere/)
  t.equal(clock.timers, 0, 'and stops renewing')
})

deepTest(t, 'a suspended machine whose own clock stood still', async t => {
  const { path } = placeOf(t)
  const clock = handClock()
  let wallMs = 0
  const lock = await held(path, { ...clock, wallMs: () => wallMs })
  await takeOver(path)
  wallMs = 60_000
  t.match(lock.lost(), /process 7 on elsewhere/)
})

t.test('a holder that wakes before a takeover keeps its lock and renews it', async t => {
  const { dir, path } = placeOf(t)
  const hand = handClock()
  let sleptMs = 0
  const clock = { ...hand, nowMs: () => hand.nowMs() + sleptMs }
  const lock = await held(path, clock)
  const { mtimeMs } = statSync(path)
  sleptMs = 3_600_000
  t.equal(lock.lost(), undefined)
  t.not(statSync(path).mtimeMs, mtimeMs)
  t.strictSame(readdirSync(dir), ['r.lock'])
  lock.release()
  t.strictSame(readdirSync(dir), [])
})

t.test('a holder that wakes while a process is about to take over yields', async t => {
  const { path } = placeOf(t)
  let nowMs = 0
  const lock = await held(path, { ...handClock(), nowMs: () => nowMs })
  const { token } = JSON.parse(readFileSync(path, 'utf8')) as { token: string }
  await write(`${path}+${token}`, { ...elsewhere, token: 'bb00112233445566' })
  nowMs = 3_600_000
  t.match(lock.lost(), /about to take it over/)
  nowMs += renewEveryMs
  t.match(lock.lost(), /about to take it over/, 'for good')
  lock.release()
  t.ok(existsSync(path), 'it does not touch the file that the other is about to replace')
})

t.test('a process that is about to take over notices that the holder has woken', async t => {
  const { path } = placeOf(t)
  const hand = handClock()
  let sleptMs = 0
  const lock = await held(path, { ...hand, nowMs: () => hand.nowMs() + sleptMs })
  // The holder is this process, so the test changes its namespaces to make its state unknown.
  const holder = JSON.parse(readFileSync(path, 'utf8')) as object
  writeFileSync(path, JSON.stringify({ ...holder, ...elsewhere }))
  const clock = watchedClock(40, () => {
    sleptMs = 3_600_000
    t.equal(lock.lost(), undefined)
  })
  t.match(await takeFileLock(path, clock), { kind: 'taken', pid: 7 })
})

t.test('a holder that can no longer renew its lock gives the lock up in time', async t => {
  const { dir } = placeOf(t)
  const folder = join(dir, 'locks')
  mkdirSync(folder)
  let nowMs = 0
  const lock = await held(join(folder, 'r.lock'), { ...handClock(), nowMs: () => nowMs })
  // Removes the folder, like a disk that is unplugged.
  renameSync(folder, `${folder}.gone`)
  writeFileSync(folder, '')
  t.equal(lock.lost(), undefined, 'not yet')
  nowMs = staleMs - 1
  t.match(lock.lost(), /cannot be renewed \(ENOTDIR\)/)
  lock.release()
})

t.test('a holder whose file was removed or replaced removes nothing', async t => {
  const { path } = placeOf(t)
  let nowMs = 0
  const lock = await held(path, { ...handClock(), nowMs: () => nowMs })
  rmSync(path)
  nowMs = staleMs
  t.match(lock.lost(), /r\.lock" was removed/)
  t.equal((await takeFileLock(path, handClock())).kind, 'held')
  lock.release()
  t.ok(existsSync(path))
})

t.test('a file that is not a lock is left unchanged', async t => {
  for (const content of [
    '',
    '\n',
    'x',
    '{}',
    'null',
    '[]',
    '{"token":"00112233445566aa"}',
    '{"token":"../../../etc","pid":1,"place":null,"startTicks":null,"host":"","since":""}',
    '{"token":"00112233445566aa","pid":-1,"place":null,"startTicks":null,"host":"","since":""}',
    '{"token":"00112233445566aa","pid":0,"place":null,"startTicks":null,"host":"","since":""}',
    '{"token":"00112233445566aa","pid":1.5,"place":null,"startTicks":null,"host":"","since":""}',
    '{"token":"00112233445566aa","pid":1,"place":null,"startTicks":1,"host":"","since":""}',
    `{"x":"${'x'.repeat(5_000)}"}`,
  ]) {
    const { dir, path } = placeOf(t)
    writeFileSync(path, content)
    t.strictSame(await takeFileLock(path, handClock()), { kind: 'strange' }, content.slice(0, 90))
    t.strictSame(await lockHolder(path, handClock()), { kind: 'strange' })
    t.equal(readFileSync(path, 'utf8'), content)
    t.strictSame(readdirSync(dir), ['r.lock'])
  }
  const { path } = placeOf(t)
  mkdirSync(path)
  t.strictSame(await takeFileLock(path, handClock()), { kind: 'strange' }, 'a folder')
})

t.test('a pipe instead of a lock does not block', async t => {
  const { path } = placeOf(t)
  execFileSync('mkfifo', [path])
  t.strictSame(await takeFileLock(path, handClock()), { kind: 'strange' })
  t.strictSame(await lockHolder(path, handClock()), { kind: 'strange' })
})

t.test("a missing or unwritable folder gives the system's error", async t => {
  const { dir, path } = placeOf(t)
  await t.rejects(takeFileLock(join(path, 'r.lock'), handClock()), { code: 'ENOENT' })
  if (process.getuid?.() === 0) return
  chmodSync(dir, 0o500)
  await t.rejects(takeFileLock(path, handClock()), { code: 'EACCES' })
  chmodSync(dir, 0o700)
})

/*
  What is known about the process that holds a lock, tested with real processes. test/end-to-end/containers.test.ts
  tests processes in different namespaces.
*/

const onLinux = process.platform === 'linux' ? {} : { skip: 'only Linux tells' }

const statOf = (pid: number): string[] | undefined => {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')
  } catch {
    return undefined
  }
}

const nameOf = (pid: number): string => readFileSync(`/proc/${pid}/comm`, 'utf8').trim()

/** Resolves once the process is in the state with this letter. */
async function inState(pid: number, letter: string): Promise<void> {
  for (;;) {
    const state = statOf(pid)?.[0]
    if (state === letter) return
    if (state === undefined)
      throw new Error(`process ${pid} has ended, and nobody is to wait for it`)
    await new Promise(resolve => setImmediate(resolve))
  }
}

function sleeper(t: Test): ChildProcess & { pid: number } {
  const child = spawn('sleep', ['600'])
  t.teardown(() => child.kill('SIGKILL'))
  return child as ChildProcess & { pid: number }
}

const holderWith = (pid: number, change: Partial<LockHolder> = {}): LockHolder => ({
  ...thisProcess(),
  pid,
  startTicks: statOf(pid)?.[19] ?? null,
  ...change,
})

t.test('this process recognizes itself', onLinux, async t => {
  const own = thisProcess()
  t.match(own, { pid: process.pid, host: hostname(), place: /^[0-9a-f-]{36} pid:\[\d+\] / })
  t.equal(own.startTicks, statOf(process.pid)?.[19])
  t.equal(holderState(own), 'alive')
  t.equal(holderState({ ...own, thread: 1 }), 'unsure', 'a worker may have ended')
  t.not(thisProcess().token, own.token)
})

t.test('a process that runs, is stopped, continues and ends', onLinux, async t => {
  const child = sleeper(t)
  const holder = holderWith(child.pid)
  t.equal(holderState(holder), 'alive')
  child.kill('SIGSTOP')
  await inState(child.pid, 'T')
  t.equal(holderState(holder), 'unsure', 'it may never continue')
  child.kill('SIGCONT')
  await inState(child.pid, 'S')
  t.equal(holderState(holder), 'alive')
  child.kill('SIGKILL')
  await once(child, 'exit')
  t.equal(holderState(holder), 'dead')
})

t.test('a process that has ended but was not waited for is dead', onLinux, async t => {
  // `exec` replaces the shell by `sleep`. Unlike the shell, `sleep` never waits for the child `cat`. So `cat` stays a
  // zombie after it has ended.
  const shell = spawn('sh', ['-c', 'cat <&3 >&2 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
  })
  t.teardown(() => shell.kill('SIGKILL'))
  const [text] = (await once(shell.stdout!, 'data')) as [Buffer]
  const pid = Number(String(text))
  while (nameOf(shell.pid!) !== 'sleep') await new Promise(resolve => setImmediate(resolve))
  shell.stdio[3]!.destroy()
  await inState(pid, 'Z')
  t.equal(holderState(holderWith(pid)), 'dead')
})

t.test('a process id alone proves nothing', async t => {
  const child = sleeper(t)
  const state = holderState(holderWith(child.pid, { startTicks: '1' }))
  t.equal(state, 'dead', 'another process has it now')
  for (const change of [{ startTicks: null }, { place: 'another' }, { place: null }]) {
    t.equal(holderState(holderWith(child.pid, change)), 'unsure', JSON.stringify(change))
  }
})

t.test('the location of a holder relative to this process', async t => {
  const at = (change: Partial<LockHolder>): string =>
    holderText({ ...thisProcess(), pid: 5, since: 'then', ...change })
  t.equal(at({}), 'process 5 since then')
  t.equal(at({ host: 'db-7' }), 'process 5 on db-7 since then')
  t.equal(at({ place: 'x' }), 'process 5 in another container or machine of this name since then')
})
