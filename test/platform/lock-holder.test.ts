/*
  What is known about the process that holds a lock, tested with real processes. test/end-to-end/containers.test.ts
  tests processes in different namespaces.
*/
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import {
  holderState,
  seeLock,
  thisProcess,
  holderText,
  type LockHolder,
} from '../../src/platform/lock-holder.js'

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
  t.match(own, { pid: process.pid, host: hostname(), namespaces: /^pid:\[\d+\]/ })
  t.equal(own.startTicks, statOf(process.pid)?.[19])
  t.equal(holderState(own), 'alive')
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
  t.equal(
    holderState(holderWith(child.pid, { startTicks: '1' })),
    'dead',
    'another process has it now',
  )
  for (const change of [
    { startTicks: null },
    { namespaces: 'pid:[1]' },
    { namespaces: null },
    { bootId: 'another' },
    { bootId: null },
  ]) {
    t.equal(holderState(holderWith(child.pid, change)), 'unsure', JSON.stringify(change))
  }
})

t.test('the location of a holder relative to this process', async t => {
  const at = (change: Partial<LockHolder>): string =>
    holderText({ ...thisProcess(), pid: 5, since: 'then', ...change })
  t.equal(at({}), 'process 5 since then')
  t.equal(at({ host: 'db-7' }), 'process 5 on db-7 since then')
  t.equal(at({ namespaces: 'pid:[1]' }), 'process 5 in another container since then')
  t.equal(at({ bootId: 'x' }), 'process 5 on another machine of this name since then')
})

t.test('two looks at a lock show whether it was renewed', async t => {
  const path = join(t.testdir(), 'lock')
  t.equal(seeLock(path), undefined)
  writeFileSync(path, JSON.stringify(thisProcess()))
  const first = seeLock(path)
  t.strictSame(seeLock(path), first)
  writeFileSync(path, JSON.stringify(thisProcess()))
  t.notSame(seeLock(path), first)
})
