/* Ends a run after its first failure, at the signal to leave, or once another process has taken it over: then it sends nothing more.
   Reports on it while it works: notices, and its progress at most ten times a second. */
import { setMaxListeners } from 'node:events'
import { asDdbError, messageOf, TimeoutError, usageError, type DdbError } from '../errors.js'
import type { Clock, Platform, Timer } from '../platform/platform.js'
import { newSecrets } from '../client/login/hide-password.js'
import type { ReadingPlace } from '../infer/findings.js'
import type { ReadObserver } from './check/check-observer.js'
import type { CheckedOptions } from './checked-options.js'
import type { RowStore } from './inputs/rows.js'
import type { LoadReport, LoadOptions } from './options.js'
import type { RunState } from './outcomes/run-state.js'

/** What a run has from its beginning, and its other parts build on. */
export interface RunBasis {
  readonly state: RunState
  readonly options: LoadOptions
  readonly platform: Platform
  /** `mode` and `connections` may change before the first batch, to suit server and target. */
  checked: CheckedOptions
  /** Set for a dry run: observes rows instead of sending them. */
  readonly watch: ReadObserver | undefined
  /** The rows that a program writes; undefined if the run reads inputs. */
  readonly rows: RowStore | undefined
  readonly reporter: ReturnType<typeof newReporter>
  readonly ending: ReturnType<typeof newRunEnding>
}

type InputBytes = Pick<LoadReport, 'bytesRead' | 'totalBytes' | 'input'>
/** The part of a report that the reporter gets from the run. */
export type SentReport = Omit<LoadReport, 'phase' | 'elapsedMs' | keyof InputBytes>

const reportIntervalMs = 100

/** The result keeps only the first notices, because it is not a log. */
const keptNotices = 20

/** Limit of different notices that are remembered so that none is repeated. */
const maxOnce = 1_000

/** Calls a function of the caller. An error that it throws ends the run, and no other step of it. */
export const guarded =
  <Given extends unknown[]>(
    name: string,
    callback: ((...given: Given) => void) | undefined,
    fail: (error: DdbError) => void,
  ) =>
  (...given: Given): void => {
    try {
      callback?.(...given)
    } catch (cause) {
      fail(usageError(`${name} threw an error: ${messageOf(cause)}`, { cause }))
    }
  }

export function newReporter(
  { server, ...options }: Pick<LoadOptions, 'onReport' | 'onNotice' | 'server'>,
  clock: Clock,
  sent: () => SentReport,
  fail: (error: DdbError) => void,
) {
  const onReport = guarded('onReport', options.onReport, fail)
  const onNotice = guarded('onNotice', options.onNotice, fail)
  const startedMs = clock.nowMs()
  const inputBytes: InputBytes = { bytesRead: 0, totalBytes: undefined, input: undefined }
  const secrets = newSecrets(server.password)
  const notices: string[] = []
  const told = new Set<string>()
  let phase: LoadReport['phase'] = 'connecting'
  let toldMs = -Infinity
  let timer: Timer | undefined
  const tell = (): void => {
    timer?.cancel()
    timer = undefined
    toldMs = clock.nowMs()
    onReport({ phase, ...sent(), ...inputBytes, elapsedMs: toldMs - startedMs })
  }
  const report = (): void => {
    if (timer !== undefined) return
    const restMs = toldMs + reportIntervalMs - clock.nowMs()
    if (restMs <= 0) tell()
    else timer = clock.afterIfAlive(restMs, tell)
  }
  const notice = (text: string): void => {
    const sentence = secrets.hideInSentence(text)
    if (notices.length < keptNotices) notices.push(sentence)
    onNotice(sentence)
  }
  return {
    startedAt: new Date(clock.wallMs()),
    /** Tells the user a sentence. Redacts the password, which servers' messages may repeat. */
    notice,
    /** As `notice`, once for all sentences with this key. @param key  default: the sentence */
    noticeOnce: (text: string, key = text): void => {
      if (told.has(key) || told.size >= maxOnce) return
      told.add(key)
      notice(text)
    },
    notices,
    secrets,
    reading: (known: Partial<InputBytes>): void => void Object.assign(inputBytes, known),
    tell: (next: LoadReport['phase']): void => {
      phase = next
      tell()
    },
    /** Reports that the run reads values of the inputs to choose column types. Call it with undefined at the end. */
    looking: (place: ReadingPlace | undefined): void => {
      phase = place === undefined ? 'connecting' : 'looking'
      const { number = 0, count = 0, source } = place ?? {}
      const { bytesRead = 0, totalBytes } = source ?? {}
      Object.assign(inputBytes, { bytesRead, totalBytes, input: place && { number, count } })
      if (place !== undefined) report()
    },
    /** Reports progress soon, but at most ten times a second. */
    report,
  }
}

/** @param leave  the caller's signal to leave @param whyLost  gives the DDB_LOCKED error if another process has taken the run */
export function newRunEnding(
  clock: Clock,
  leave: AbortSignal | undefined,
  whyLost: () => DdbError | undefined,
  onSending?: () => void,
) {
  const losing = new AbortController()
  const leaving = AbortSignal.any([leave ?? losing.signal, losing.signal])
  // Every connection of the run adds a listener, and Node would warn about so many.
  setMaxListeners(0, leaving)
  let failure: DdbError | undefined
  let seenNaps = 0
  /** Ends the run cleanly, unless there is no error. Wraps anything that is not a DdbError as an internal error (70). */
  const fail = (error: unknown): void => {
    if (error === undefined) return
    const next = withOwnLimit(asDdbError(error))
    const replaces = failure?.code === 'DDB_INTERRUPTED' && next.code === 'DDB_INPUT_TRUNCATED'
    if (failure === undefined || replaces) failure = next
  }
  return {
    /** Aborted when the run must stop without waiting. */
    leaving,
    /** The first failure. The error for a truncated input replaces an interruption, because rows are lost. */
    get failure(): DdbError | undefined {
      return failure
    },
    /** True once nothing more may be read or handed over. */
    get stopped(): boolean {
      return failure !== undefined
    },
    fail,
    /** Whether rows may be sent; if not, the run has failed. Ask before every batch. */
    maySend(this: void): boolean {
      if (losing.signal.aborted) return false
      const lost = whyLost()
      if (lost === undefined) {
        onSending?.()
        return true
      }
      fail(lost)
      losing.abort()
      return false
    },
    /** Whether the machine or the process has slept since the last call. */
    hasSlept(this: void): boolean {
      const { naps = 0 } = clock
      const isNew = naps > seenNaps
      seenNaps = naps
      return isNew
    },
  }
}

/** A timeout of a session names the run's own option. */
function withOwnLimit(failure: DdbError): DdbError {
  const { cause = failure } = failure
  // A lost connection may repeat the message of its cause.
  const isLimited =
    cause instanceof TimeoutError && cause.limit && cause.message === failure.message
  if (isLimited) failure.message = new TimeoutError(cause.fact, 'delivery.confirmTimeoutMs').message
  return failure
}
