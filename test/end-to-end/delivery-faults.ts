/*
  The faults of the delivery matrix, and when each occurs. Data requests are counted from 1, so a fault hits the same
  batch in every run.
*/
import type { LoadOptions } from '../../src/load/options.js'
import type { Faults, RequestInfo } from '../../src/server/index.js'
import type { Disk } from '../helpers/failing-files.js'
import { closedGate } from '../helpers/gate.js'
import type { Cut } from '../helpers/proxies.js'

/** Actions that a fault can apply to the server during a run. */
export interface Victim {
  dropLedger(): void
  /** Ends the server and starts an empty server at the same address. */
  restart(): void
  setClock(nowMs: number): void
  /** Closes the data connection. The server keeps the data that has arrived. */
  endLane(): void
}

export interface Mishap {
  faults?: Faults
  /** See `startTcpProxy`. */
  cut?: (sent: Buffer) => Cut | undefined
  /** Called before the run. */
  prepare?: (victim: Victim) => void
  /** The disk for rejected rows; by default a disk with enough space. */
  disk?: Disk
  /** Whether the input has a row that cannot be read. */
  badRow?: boolean
  delivery?: LoadOptions['delivery']
  /** Called after the run: releases all requests that the server holds back. */
  release?: () => void
}

export interface Fault {
  readonly name: string
  /** The fault ends the data connection. Timing decides whether a run without confirmation notices. */
  readonly breaks?: true
  /** Confirmations that are not tested: the fault does not affect them, or the run waits forever by design. */
  readonly notFor?: readonly string[]
  readonly begin: (victim: Victim, seed: number) => Mishap
}

const isData = (request: RequestInfo): boolean => request.rows > 0

/** Offset of the n-th data request; undefined if it has not been sent. */
export function dataRequest(sent: Buffer, n: number): number | undefined {
  const heads = sent
    .toString('latin1')
    .matchAll(/function\n(?:ddbIngestDeliver|tableInsert\{[^\n]*|put)\n/g)
  return [...heads][n - 1]?.index
}

/** Calls back for the n-th data request only. */
function onDataRequest<T>(
  n: number,
  then: (request: RequestInfo) => T,
): (request: RequestInfo) => T | undefined {
  let number = 0
  return request => (isData(request) && ++number === n ? then(request) : undefined)
}

/** Calls back once: for the first question in a session that sends no data, after a different session has sent data. */
function onQuestion<T>(then: () => T): (request: RequestInfo) => T | undefined {
  const forData = new Set<string>()
  let isOver = false
  return request => {
    if (isData(request)) forData.add(request.sessionId)
    if (isOver || forData.size === 0 || request.kind === 'connect') return undefined
    if (request.asynchronous || forData.has(request.sessionId)) return undefined
    isOver = true
    return then()
  }
}

/** Resolves after this many turns of the event loop. The server serves other connections meanwhile. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(resolve => setImmediate(resolve))
}

export const faults: readonly Fault[] = [
  { name: 'nothing goes wrong', begin: () => ({}) },
  {
    name: 'the connection is reset while rows are sent',
    breaks: true,
    begin: (_, seed) => ({
      cut: sent => {
        const afterBytes = (dataRequest(sent, 1) ?? Infinity) + 250 + (seed % 500)
        return sent.length < afterBytes ? undefined : { afterBytes, how: 'reset' }
      },
    }),
  },
  {
    name: 'the connection ends inside a request',
    breaks: true,
    begin: () => ({
      cut: sent => {
        const afterBytes = (dataRequest(sent, 3) ?? Infinity) + 60
        return sent.length < afterBytes ? undefined : { afterBytes, how: 'end' }
      },
    }),
  },
  {
    name: 'the server is slow',
    begin: () => ({
      faults: { before: onDataRequest(3, () => ({ until: turns(200) })) },
      // On a busy machine, these turns take seconds.
      delivery: { confirmTimeoutMs: 60_000 },
    }),
  },
  {
    name: 'the server loses a batch silently',
    notFor: ['sync'],
    begin: () => ({ faults: { before: onDataRequest(3, () => 'drop') } }),
  },
  {
    name: 'the server refuses a batch once',
    begin: () => ({ faults: { before: onDataRequest(3, () => ({ error: 'not this time' })) } }),
  },
  {
    name: 'the connection ends before a batch is executed',
    breaks: true,
    begin: () => ({ faults: { before: onDataRequest(3, () => 'close') } }),
  },
  {
    name: 'the connection ends after a batch was executed',
    breaks: true,
    begin: () => ({ faults: { before: onDataRequest(3, () => ({ answer: () => 'close' })) } }),
  },
  {
    name: 'a second copy of a batch arrives while the first copy still waits',
    breaks: true,
    begin: victim => {
      const gate = closedGate()
      let first: string | undefined
      return {
        release: () => gate.open(),
        faults: {
          before: request => {
            if (!isData(request)) return undefined
            if (first === undefined) {
              first = request.sessionId
              victim.endLane()
            }
            if (request.sessionId === first) return { until: gate.opened }
            gate.open()
            return undefined
          },
        },
      }
    },
  },
  {
    name: 'the server forgets the session for data',
    begin: () => ({ faults: { before: onDataRequest(3, () => 'forget') } }),
  },
  {
    name: 'the server forgets the session for questions',
    notFor: ['none', 'sync'],
    begin: () => {
      // Most batches come after the question, so the answer cannot cover all of them.
      const gate = closedGate()
      const isQuestion = onQuestion(() => true)
      const isSecond = onDataRequest(2, () => true)
      let isForgotten = false
      return {
        release: () => gate.open(),
        faults: {
          before: request => {
            if (isSecond(request)) return { until: gate.opened }
            const wasForgotten = isForgotten
            isForgotten ||= isQuestion(request) === true
            return {
              request: isForgotten && !wasForgotten ? 'forget' : undefined,
              answer: () => void (isForgotten && !isData(request) && gate.open()),
            }
          },
        },
      }
    },
  },
  {
    name: 'the ledger is dropped during the run',
    notFor: ['none', 'sync'],
    begin: victim => ({
      faults: { before: onDataRequest(3, () => ({ answer: () => void victim.dropLedger() })) },
    }),
  },
  {
    name: 'the server restarts and has lost its memory',
    breaks: true,
    begin: victim => ({
      faults: {
        before: onDataRequest(4, () => {
          victim.restart()
          return 'close' as const
        }),
      },
    }),
  },
  {
    name: 'the rejects file cannot be written',
    begin: () => ({ badRow: true, disk: { capacityBytes: 0 } }),
  },
  {
    name: "the server's clock is wrong",
    begin: () => ({ prepare: victim => victim.setClock(Date.UTC(1971, 0, 1)) }),
  },
]
