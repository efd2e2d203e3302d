/*
  A lock between processes; those of the command line, killed ones among them, are in test/cli/files/lock.test.ts.
*/
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import type { FileLock } from '../../src/platform/platform.js'
import { lockHolder, takeFileLock } from '../../src/platform/file-lock.js'

const placeOf = (t: Test): { dir: string; path: string } => {
  const dir = t.testdir()
  return { dir, path: join(dir, 'r.lock') }
}

function held(path: string): FileLock {
  const answer = takeFileLock(path)
  if (answer.kind !== 'held') throw new Error(`the lock is ${answer.kind}`)
  return answer.lock
}

/** What a lock says, with some of it changed. */
function write(path: string, change: Record<string, unknown>): void {
  const lock = held(`${path}.model`)
  const model = JSON.parse(readFileSync(`${path}.model`, 'utf8')) as Record<string, unknown>
  lock.release()
  writeFileSync(path, JSON.stringify({ ...model, token: '00112233445566aa', ...change }))
}

/** The id of a process that is no more. */
const deadPid = (): number =>
  Number(execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }))

t.test('a lock is there while it is held, and gone once it is given back', async t => {
  const { dir, path } = placeOf(t)
  t.equal(lockHolder(path), undefined)
  const lock = held(path)
  t.equal(lock.path, path)
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.strictSame(readdirSync(dir), ['r.lock'], 'nothing else is left')
  t.match(JSON.parse(readFileSync(path, 'utf8')), { pid: process.pid, host: hostname() })
  lock.release()
  t.strictSame(readdirSync(dir), [])
  const again = takeFileLock(path)
  t.equal(again.kind, 'held')
  lock.release()
  t.ok(lockHolder(path), 'a second call does nothing, not even to the next holder')
})

t.test('a lock of a living process is taken, be it this one', async t => {
  const { dir, path } = placeOf(t)
  takeFileLock(path)
  const taken = { kind: 'taken', pid: process.pid, host: undefined }
  t.match(takeFileLock(path), taken)
  t.match(lockHolder(path), taken)
  t.strictSame(readdirSync(dir), ['r.lock'])
})

t.test('the lock of a process that is gone is taken over', async t => {
  const cases: Record<string, () => Record<string, unknown>> = {
    'no such process': () => ({ pid: deadPid() }),
    'another boot': () => ({ bootId: 'of yesterday' }),
    'another process under that id': () => ({ startTicks: '1' }),
  }
  for (const [name, change] of Object.entries(cases)) {
    const { dir, path } = placeOf(t)
    write(path, change())
    t.equal(lockHolder(path), undefined, name)
    t.equal(takeFileLock(path).kind, 'held', name)
    t.match(takeFileLock(path), { kind: 'taken', pid: process.pid })
    t.strictSame(readdirSync(dir), ['r.lock'], name)
  }
})

t.test('a takeover that was killed in its middle is taken over itself', async t => {
  const { dir, path } = placeOf(t)
  write(path, { pid: deadPid() })
  write(`${path}+00112233445566aa`, { pid: deadPid(), token: 'aa66554433221100' })
  t.equal(takeFileLock(path).kind, 'held')
  t.strictSame(readdirSync(dir), ['r.lock'])
})

t.test('a takeover that is under way keeps others out', async t => {
  const { path } = placeOf(t)
  write(path, { pid: deadPid() })
  write(`${path}+00112233445566aa`, { token: 'aa66554433221100' })
  t.match(takeFileLock(path), { kind: 'taken', pid: process.pid })
})

t.test('another machine cannot be asked, and is taken to hold it', async t => {
  const { path } = placeOf(t)
  write(path, { host: 'elsewhere', pid: deadPid(), since: '2026-01-02T03:04:05.000Z' })
  t.match(takeFileLock(path), {
    kind: 'taken',
    host: 'elsewhere',
    since: '2026-01-02T03:04:05.000Z',
  })
})

t.test('a file that is no lock is left as it is', async t => {
  for (const content of [
    '',
    '\n',
    'x',
    '{}',
    'null',
    '[]',
    '{"token":"00112233445566aa"}',
    '{"token":"../../../etc","pid":1,"bootId":null,"startTicks":null,"host":"","since":""}',
    '{"token":"00112233445566aa","pid":-1,"bootId":null,"startTicks":null,"host":"","since":""}',
    '{"token":"00112233445566aa","pid":0,"bootId":null,"startTicks":null,"host":"","since":""}',
    '{"token":"00112233445566aa","pid":1.5,"bootId":null,"startTicks":null,"host":"","since":""}',
    `{"x":"${'x'.repeat(5_000)}"}`,
  ]) {
    const { dir, path } = placeOf(t)
    writeFileSync(path, content)
    t.strictSame(takeFileLock(path), { kind: 'strange' }, content.slice(0, 90))
    t.strictSame(lockHolder(path), { kind: 'strange' })
    t.equal(readFileSync(path, 'utf8'), content)
    t.strictSame(readdirSync(dir), ['r.lock'])
  }
  const { path } = placeOf(t)
  mkdirSync(path)
  t.strictSame(takeFileLock(path), { kind: 'strange' }, 'a folder')
})

t.test('a holder whose file was removed, or replaced, removes nothing', async t => {
  const { path } = placeOf(t)
  const lock = held(path)
  rmSync(path)
  const next = takeFileLock(path)
  t.equal(next.kind, 'held')
  lock.release()
  t.ok(lockHolder(path))
})

t.test('a folder that is not there is the failure of the system', async t => {
  const { path } = placeOf(t)
  t.throws(() => takeFileLock(join(path, 'r.lock')), { code: 'ENOENT' })
})

const onLinux = process.platform === 'linux' ? {} : { skip: 'only Linux tells' }

t.test('a process that is over and was not waited for holds nothing', onLinux, async t => {
  const { path } = placeOf(t)
  // The shell never waits for its child, which stays a zombie.
  const shell = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  t.teardown(() => shell.kill('SIGKILL'))
  const [text] = (await once(shell.stdout, 'data')) as [Buffer]
  const pid = Number(String(text))
  const stat = (): string[] | undefined => {
    try {
      return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')
    } catch {
      return undefined
    }
  }
  for (let fields = stat(); fields !== undefined && fields[0] !== 'Z'; fields = stat()) {
    await new Promise(resolve => setImmediate(resolve))
  }
  write(path, { pid, startTicks: stat()?.[19] ?? '1' })
  t.equal(lockHolder(path), undefined)
  t.equal(takeFileLock(path).kind, 'held')
})
