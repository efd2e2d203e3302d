/* Reports on a run while it works: notices, and its progress at most ten times a second. */
import { newSecrets } from '../client/login/hide-password.js'
import type { ReadingPlace } from '../infer/findings.js'
import type { Clock, Timer } from '../platform/platform.js'
import type { LoadReport } from './load-result.js'
import type { LoadOptions } from './options.js'

export type Reporter = ReturnType<typeof newReporter>

type InputBytes = Pick<LoadReport, 'bytesRead' | 'totalBytes' | 'input'>
/** The part of a report that the reporter gets from the run. */
export type SentReport = Omit<LoadReport, 'phase' | 'elapsedMs' | keyof InputBytes>

type ReporterOptions = Pick<LoadOptions, 'onReport' | 'onNotice'> & {
  readonly server: Pick<LoadOptions['server'], 'password'>
}

const reportIntervalMs = 100

/** The result keeps only the first notices, because it is not a log. */
const keptNotices = 20

/** Limit of different notices that are remembered so that none is repeated. */
const maxOnce = 1_000

export function newReporter(
  { onReport, onNotice, server }: ReporterOptions,
  clock: Clock,
  sent: () => SentReport,
) {
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
    onReport?.({ phase, ...sent(), ...inputBytes, elapsedMs: toldMs - startedMs })
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
    onNotice?.(sentence)
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
