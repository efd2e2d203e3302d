/* Runs a check with a time limit. Also makes the text for an issue, with all findings but nothing that identifies the server. */
import { DdbError, messageOf, ServerError } from '../errors.js'
import { type CheckContext, type CheckScope, checkContext } from './context.js'
import { once, setMaxListeners } from 'node:events'
import type { ServerTarget } from '../load/options.js'
import { limitWait, noAnswer } from '../client/exchange-queue.js'
import { Unavailable, serverWords } from './answers.js'

export interface Check {
  /** Unique, in the form `subject: what is tried`. */
  readonly name: string
  /** The parts of this program that rely on the tested behaviour. Printed if the check fails. */
  readonly dependsOnIt: string
  /** Time limit; 5,000 if left out. */
  readonly limitMs?: number | undefined
  /**
   * @returns what the server does in a case that the documentation leaves open, if the check asks that
   * @throws {Unavailable} the check is skipped @throws {DdbError} the check fails; its reason is the error's message
   */
  readonly run: (context: CheckContext) => Promise<string | void>
}

export interface CheckResult {
  readonly name: string
  readonly status: 'pass' | 'fail' | 'skipped'
  /** Why the check failed or was skipped, or what a passed check has found; may be empty. */
  readonly reason: string
}

export type Outcome = Omit<CheckResult, 'name'>

export interface SelftestResult {
  /** The answer to `version()`; null if the server did not answer. */
  readonly serverVersion: string | null
  readonly checks: readonly CheckResult[]
  readonly counts: Readonly<Record<CheckResult['status'], number>>
  /** Names of objects that are, or may be, still on the server. */
  readonly left: readonly string[]
}

/** The outcome of a check that an interruption prevents or ends. */
export const interrupted: Outcome = { status: 'skipped', reason: 'the run was interrupted' }

const usualLimitMs = 5_000

/** @param lastMs  when the check must have ended @returns `endedInTime`: false if a request may still wait for the server */
export async function runCheck(
  check: Check,
  lastMs: number,
  interruption: AbortSignal | undefined,
  given: Omit<CheckScope, 'signal' | 'opened'>,
) {
  const { clock } = given.platform
  const limitMs = Math.max(1, Math.min(check.limitMs ?? usualLimitMs, lastMs - clock.nowMs()))
  const ending = new AbortController()
  const { signal } = ending
  // Each running request adds a listener, and Node warns about many listeners.
  setMaxListeners(0, signal)
  const scope: CheckScope = { ...given, signal, opened: [] }
  const limits = { timeoutMs: limitMs, signal: interruption }
  const release = limitWait(clock, limits, noAnswer, () => ending.abort())
  const ended = once(signal, 'abort').then(() => undefined)
  try {
    const outcome = await Promise.race([attempt(check, scope), ended])
    const endedInTime = outcome !== undefined && !signal.aborted
    const closing = endedInTime ? scope.opened.map(one => one.close().catch(() => undefined)) : []
    await Promise.race([Promise.all(closing), ended])
    if (endedInTime) return { outcome, endedInTime }
    const reason = `no result within ${Math.round(limitMs)} ms`
    const late: Outcome = interruption?.aborted ? interrupted : { status: 'fail', reason }
    return { outcome: late, endedInTime: false }
  } finally {
    release()
    for (const connection of scope.opened) {
      connection.abandon(new DdbError('DDB_INTERRUPTED', 'the check is over'))
    }
  }
}

/** Never rejects, because nobody may be waiting for the promise any more. */
async function attempt(check: Check, scope: CheckScope): Promise<Outcome> {
  try {
    return { status: 'pass', reason: (await check.run(checkContext(scope))) ?? '' }
  } catch (error) {
    const reason = error instanceof ServerError ? serverWords(error) : messageOf(error)
    if (!(error instanceof DdbError)) return { status: 'fail', reason }
    if (error.code === 'DDB_PRIVILEGE')
      return { status: 'skipped', reason: `not permitted: ${reason}` }
    return { status: error instanceof Unavailable ? 'skipped' : 'fail', reason }
  }
}

const address = /\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b|\[[0-9a-f:.]+\](?::\d{1,5})?/gi
const hostAndPort = /\b[\w-]+(?:\.[\w-]+)*:\d{2,5}\b/g

/** The text as Markdown. @param checks  in the order of the results */
export function issueText(
  result: SelftestResult,
  version: string,
  checks: readonly Check[],
  server: ServerTarget,
): string {
  const { pass, fail, skipped } = result.counts
  const rows = result.checks.map(({ name, status, reason }) => {
    const check = checks.find(each => each.name === name)
    const depends = status === 'fail' && check ? `. Depends on it: ${check.dependsOnIt}` : ''
    return `| ${status} | ${name} | ${cell(withoutSecrets(reason, server))}${cell(depends)} |\n`
  })
  return [
    `ddb-ingest ${version} selftest\n\n`,
    `* server: ${cell(withoutSecrets(result.serverVersion ?? 'unknown', server, false))}\n`,
    `* ${pass} passed, ${fail} failed, ${skipped} skipped\n\n`,
    '| | check | found |\n|---|---|---|\n',
    ...rows,
  ].join('')
}

function cell(text: string): string {
  return text
    .replace(/\p{Cc}+/gu, ' ')
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;')
}

/** @param hasAddresses  false for a text without addresses, whose version numbers could be mistaken for addresses */
function withoutSecrets(text: string, server: ServerTarget, hasAddresses = true): string {
  const { host, otherHosts = [], allowRedirect = [], user, password } = server
  const hosts = [host, ...otherHosts.map(other => other.host), ...allowRedirect]
  let safe = text
  for (const secret of [password, user, ...hosts]) {
    if (!secret) continue
    const stand = secret === password ? '***' : secret === user ? 'USER' : 'HOST'
    // Whole words only, so that a short name does not remove parts of other words.
    const escaped = secret.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    const word = new RegExp(`(?<![A-Za-z0-9_])${escaped}(?![A-Za-z0-9_])`, 'gi')
    safe = safe.replace(word, stand)
  }
  return hasAddresses ? safe.replace(address, 'HOST').replace(hostAndPort, 'HOST') : safe
}
