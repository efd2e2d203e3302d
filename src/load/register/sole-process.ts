/* Checks that a process may work on a run with a journal. The server's records of the run show whether the journal is an outdated copy,
   whether a process elsewhere works on the run, and whether rows in the server's memory are still there. */
import { ConnectionError, DdbError, TimeoutError } from '../../errors.js'
import { wait } from '../../platform/clocks.js'
import {
  ask,
  askIdle,
  askOthersBusy,
  longOf,
  longsOf,
  unlessRefused,
  type Asking,
} from '../connection/server-queries.js'
import { runDamaged, runTakenOver } from '../journal/changed-run.js'
import type { Run } from '../run.js'
import { askWriters, lastSessionQuery } from '../transport/script.js'
import {
  askRegister,
  dropLedgers,
  entryScript,
  runOf,
  runsElsewhere,
  type KnownOnServer,
} from './register.js'

/** Comes before the run creates anything. @returns what the server knows of this name @throws {DdbError} DDB_LOCKED, DDB_RUN_DAMAGED */
export async function checkSoleProcess(run: Run): Promise<KnownOnServer | undefined> {
  const { history, checked } = run
  const { file, name, found, now } = history
  if (file === undefined) return undefined
  const asking = { session: run.control!, timeoutMs: checked.confirmTimeoutMs }
  const all = await unlessRefused(askRegister(asking, name.runId))
  // Without receipts, nothing keeps a late request from replacing newer rows.
  if (all === undefined) return void (await requestsDone(run, asking, found.dataSessions))
  const known = runOf(all, name.token)
  history.onServer = known
  history.foundTokens = new Set(all.rows.map(row => row.token))
  const isOld = known.processNo > found.owner || known.ledgerNumber > found.ledgerNumber
  // If the last process was killed when only the server knew that the run has finished, the journal had all rows by then.
  const { stored = 0 } = known.finished ?? {}
  const lacksRows = found.finished === undefined && found.rows().confirmed < stored
  if (isOld || known.isReplaced || lacksRows) {
    // While this process slept, another may have finished the run.
    throw file.lost() ?? runDamaged(file.path, isOlder)
  }
  const replaces = found.ledgerNumber === 0 ? now.run?.replaces : undefined
  const tokens = replaces?.tokens.map(token => BigInt(`0x${token}`)) ?? []
  const replaced = tokens.flatMap(token => runOf(all, token).ledgers)
  // If the last process recorded no end, it may still run. If this process took over a lock, the last process is gone.
  // If there was no lock, only the last process's session on the server shows whether it still runs.
  const hasEnded =
    found.end !== undefined || (found.run === undefined && replaces?.hasEnded !== false)
  const ledgers = [...known.ledgers, ...replaced]
  if (history.wasUnlocked && !hasEnded && (await isConnected(asking, ledgers))) {
    throw runsElsewhere(name.runId)
  }
  if (replaces !== undefined) {
    const entries = tokens.map(replaces => entryScript(name, { replaces }))
    await unlessRefused(dropLedgers(asking, replaced, entries.join('')))
    await requestsDone(run, asking, replaces.dataSessions)
  }
  return { ...all, ledgers: all.ledgers.filter(ledger => !replaced.includes(ledger)) }
}

const pauseMs = 100

/**
 * Waits until the server works no more on what the last process sent. A run that starts over has just removed the ledgers, so requests that
 * have not begun write nothing; one that has begun would store rows that the user has just removed.
 * @throws {DdbError} DDB_LOCKED if that takes longer than `confirmTimeoutMs`
 */
async function requestsDone(
  { platform: { clock }, checked: { runId }, ending }: Run,
  asking: Asking,
  dataSessions: readonly string[],
): Promise<void> {
  const endMs = clock.nowMs() + asking.timeoutMs
  while (dataSessions.length > 0 && (await askIdle(asking, ...dataSessions)) === false) {
    if (clock.nowMs() >= endMs) {
      throw new DdbError(
        'DDB_LOCKED',
        `the server still writes rows that an earlier process of run "${runId}" sent. Wait until getConsoleJobs() does not list them any more, ` +
          'then repeat the command',
      )
    }
    await wait(clock, pauseMs, ending.leaving)
  }
}

async function askConnected(asking: Asking): Promise<readonly (bigint | undefined)[]> {
  const asked = ask(asking, 'exec sessionId from getSessionMemoryStat()')
  return longsOf(await unlessRefused(asked))
}

/**
 * Whether requests of other sessions of this user, or of loads into the table, may still add rows.
 * @param mustWait  waits until there are none, at most `confirmTimeoutMs`
 */
export async function mayBeWritten(
  { platform: { clock }, checked, control, server, options, ending }: Run,
  table: string,
  mustWait: boolean,
): Promise<boolean> {
  const asking = { session: control!, timeoutMs: checked.confirmTimeoutMs }
  const endMs = clock.nowMs() + (mustWait ? asking.timeoutMs : 0)
  for (let idle = 0; ; await wait(clock, pauseMs, options.signal)) {
    const isBusy = (await isWritten(asking, table)) || (await askOthersBusy(asking, server.user))
    idle = isBusy ? 0 : idle + 1
    if (idle === (mustWait ? 2 : 1)) return false
    if (ending.stopped || (isBusy && clock.nowMs() >= endMs)) return true
  }
}

/** Whether a session that sends data for the table is connected: on a slow link, rows of a killed process may still arrive over it. */
async function isWritten(asking: Asking, table: string): Promise<boolean> {
  const connected = await askConnected(asking)
  if (connected.length === 0) return false
  const { ledgers } = await askRegister(asking, '')
  for (const ledger of ledgers.filter(name => /^\w+$/.test(name))) {
    const writers = (await unlessRefused(askWriters(asking, ledger, table))) ?? []
    if (writers.some(one => connected.includes(one))) return true
  }
  return false
}

async function isConnected(asking: Asking, ledgers: readonly string[]): Promise<boolean> {
  const connected = await askConnected(asking)
  for (const ledger of connected.length === 0 ? [] : ledgers) {
    const last = longOf(await unlessRefused(ask(asking, lastSessionQuery(ledger))))
    const isOther = last !== undefined && last !== BigInt(asking.session.id)
    if (isOther && connected.includes(last)) return true
  }
  return false
}

/** Call this after the process has slept. Ignores a lost connection. @throws {DdbError} DDB_LOCKED if another process works on the run */
export async function checkOwner({ history: { file, name, found, now } }: Run, asking: Asking) {
  if (file === undefined || now.owner === found.owner) return
  const known = await unlessRefused(askRegister(asking, name.runId)).catch((error: unknown) => {
    if (error instanceof ConnectionError || error instanceof TimeoutError) return undefined
    throw error
  })
  if (known !== undefined && runOf(known, name.token).processNo > now.owner) {
    throw runTakenOver(name.runId, 'another process has told the server that it continues the run')
  }
}

const isOlder =
  'the server knows more of the run than the journal does, so the journal was restored from an earlier time, as with a snapshot of a disk'
