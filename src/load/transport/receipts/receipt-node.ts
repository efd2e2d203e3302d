/*
  What a run with receipts has on one node of the server: a session that reads the ledger, a session that data goes out
  on, and the ledger itself. Both sessions go to the same node, as a shared table is known to that node alone.
*/
import type { Session } from '../../../client/open-session.js'
import { ConnectionError, type DdbError, ServerError, TimeoutError } from '../../../errors.js'
import type { Value } from '../../../protocol/value.js'
import { tryUntil } from '../../connection/retry.js'
import { askFunction, askIdle, askSchema } from '../../connection/server-queries.js'
import type { OpenBatch } from '../../fate/fold.js'
import { partTable, type Part } from '../../fate/part.js'
import type { Outlet } from '../../fate/send-queue.js'
import { jsonToValue } from '../../target/json-value.js'
import { leaveMarked } from '../../marker/leftovers.js'
import { askMarker, checkMarker, dropMarker } from '../../marker/marker.js'
import { checkOwner } from '../../journal/check-alone.js'
import { isUnfinished } from '../../run.js'
import type { LedgerVersion } from './ledger-columns.js'
import {
  dropLedger,
  ledgerExists,
  openLedger,
  readLedger,
  type Ledger,
  type LedgerRow,
} from './ledger.js'
import { deliverFunction } from './script.js'
import {
  connectData,
  defineFunctions,
  leftMs,
  movedOn,
  openControl,
  openData,
  passes,
  type Memory,
  type SessionSetup,
} from './sessions.js'

export interface ReceiptNodeSetup extends SessionSetup {
  readonly columnNames: readonly string[]
  /** Never the same twice in a run. */
  readonly nextLedger: () => { readonly number: number; readonly version: LedgerVersion }
}

/** What a synchronous question behind everything that was sent found out. */
export type BarrierAnswer =
  /** The server has read everything, and still has our functions. */
  | 'passed'
  /** The server has read everything, and has lost our functions, or does not tell. */
  | 'forgotten'
  /** Nobody can tell. */
  | 'unknown'
  | 'silent'

/** Not connected before `open`. */
export class ReceiptNode implements Outlet {
  readonly #setup: ReceiptNodeSetup
  readonly #leading: readonly Value[]
  #control: Session
  #data: Session
  #ledger: Ledger

  private constructor(setup: ReceiptNodeSetup, control: Session, data: Session, ledger: Ledger) {
    const { target } = setup.run.plan
    this.#setup = setup
    this.#leading = target.kind === 'function' ? target.functionArguments.map(jsonToValue) : []
    this.#control = control
    this.#data = data
    this.#ledger = ledger
  }

  /**
   * @param control  belongs to the node from here on, but not when this throws
   * @throws {ServerError} when the server refuses what receipts need
   * @throws {DdbError} DDB_LOCKED when another run has this run's name
   * @throws {ConnectionError}
   * @throws {TimeoutError}
   */
  static async open(setup: ReceiptNodeSetup, control: Session): Promise<ReceiptNode> {
    const { run, rules } = setup
    const timeoutMs = run.plan.confirmTimeoutMs
    const deadlineMs = rules.clock.nowMs() + rules.reconnectMs
    // Round trips may be long: what does not depend on each other is asked at once.
    const givenUp = new AbortController()
    let connecting: Promise<Session> | undefined = connectData(
      setup,
      control,
      deadlineMs,
      givenUp.signal,
    )
    connecting.catch(() => undefined)
    let ledger: Ledger | undefined
    try {
      const next = setup.nextLedger()
      ledger = await openLedger(control, run.history.name, next.number, timeoutMs, next.version)
      const opened = ledger
      const data = await tryUntil(
        deadlineMs,
        rules,
        () => {
          const session = connecting ?? connectData(setup, control, deadlineMs)
          connecting = undefined
          return openData(setup, session, opened, deadlineMs)
        },
        passes,
      )
      try {
        // Not at once: who saw no marker either has to have written one by now.
        await checkMarker(control, run.history.name, timeoutMs)
        // It says which session goes on with what was left in order.
        if (run.history.found.processes > 0) await askMarker(control, run.history.name, timeoutMs)
      } catch (error) {
        data.abandon(neverUsed())
        throw error
      }
      return new ReceiptNode(setup, control, data, ledger)
    } catch (error) {
      givenUp.abort(neverUsed())
      await connecting?.then(session => session.abandon(neverUsed())).catch(() => undefined)
      const farewellMs = Math.min(longestFarewellMs, timeoutMs)
      // What an earlier process has left is for the next one.
      if (run.history.found.processes > 0) throw error
      if (ledger !== undefined) await dropLedger(control, ledger, farewellMs).catch(() => undefined)
      await dropMarker(control, run.history.name, farewellMs)
      throw error
    }
  }

  /** True when one of the connections is gone. */
  get isLost(): boolean {
    return this.#control.closed || this.#data.closed
  }

  /** True when nothing can be asked any more. */
  get isControlLost(): boolean {
    return this.#control.closed
  }

  /** Bytes that the kernel has not taken yet. */
  get bufferedBytes(): number {
    return this.#data.bufferedBytes
  }

  /** Sends one transmission. A lost connection is not an error here: the batch stays open. @returns room for more */
  send({ no, attempt }: OpenBatch, part: Part, sendNo: number): boolean {
    const arguments_: Value[] = [
      { form: 'scalar', type: 'LONG', value: BigInt(no) },
      { form: 'scalar', type: 'INT', value: attempt },
      { form: 'scalar', type: 'LONG', value: BigInt(sendNo) },
      ...this.#leading,
      partTable(part, this.#setup.columnNames),
    ]
    try {
      return this.#data.send(deliverFunction, arguments_)
    } catch (error) {
      if (error instanceof ConnectionError) return true
      throw error
    }
  }

  /** Resolves when the kernel has room again, or the connection is gone. */
  async drained(): Promise<void> {
    try {
      await this.#data.drained()
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error
    }
  }

  /**
   * New rows of the ledger.
   *
   * @throws {ServerError} when the ledger is gone
   * @throws {ConnectionError}
   * @throws {TimeoutError}
   */
  read(timeoutMs: number): Promise<LedgerRow[]> {
    const { limitFromEnd } = this.#setup.run.server.facts
    return readLedger(this.#control, this.#ledger, timeoutMs, limitFromEnd !== true)
  }

  /** As `Delivery.checkOwner`. @throws {DdbError} DDB_LOCKED when another process has the run */
  checkOwner(timeoutMs: number): Promise<void> {
    return checkOwner(this.#setup.run, this.#control, timeoutMs)
  }

  /** Of the present ledger, as far as they were read. */
  get ledgerRows(): number {
    return this.#ledger.seen
  }

  /** @returns removes the ledger that is the present one now, once another has taken its place */
  leavesLedger(timeoutMs: number): () => Promise<void> {
    const ledger = this.#ledger
    return async () => {
      if (ledger.name !== this.#ledger.name) await dropLedger(this.#control, ledger, timeoutMs)
    }
  }

  /** @throws {ConnectionError} @throws {TimeoutError} */
  ledgerExists(timeoutMs: number): Promise<boolean> {
    return ledgerExists(this.#control, this.#ledger, timeoutMs)
  }

  /**
   * Whether the server has nothing to do for the data; undefined when it does not tell.
   * @throws {ConnectionError} @throws {TimeoutError}
   */
  async isIdle(timeoutMs: number): Promise<boolean | undefined> {
    const asking = { session: this.#control, timeoutMs }
    const own = await askIdle(asking, this.#data.id)
    for (const id of this.#setup.run.history.found.dataSessions) {
      // What an earlier process has sent may still be worked on.
      if (own === true && (await askIdle(asking, id)) === false) return false
    }
    return own
  }

  /**
   * Asks synchronously behind everything sent: an answer means that the server has read all of it. A session that is
   * asynchronous throughout answers nothing; there it has to do that the server has no job of it.
   *
   * @param idle  what `isIdle` said
   * @throws {ConnectionError}
   */
  async barrier(timeoutMs: number, idle: boolean | undefined): Promise<BarrierAnswer> {
    if (this.#data.enableAsync) return idle === true ? 'forgotten' : 'unknown'
    try {
      const known = await this.#data.run(`defined("${deliverFunction}", DEF)`, { timeoutMs })
      return known?.form === 'scalar' && known.value === false ? 'forgotten' : 'passed'
    } catch (error) {
      if (error instanceof TimeoutError) return 'silent'
      throw error
    }
  }

  /** Defines the functions again. @throws {ConnectionError} @throws {TimeoutError} */
  define(timeoutMs: number): Promise<unknown> {
    return defineFunctions(this.#setup, this.#data, this.#ledger, timeoutMs)
  }

  /** Asks on the session that reads the ledger. */
  ask<T>(question: (control: Session) => Promise<T>): Promise<T> {
    return question(this.#control)
  }

  /** Gives up a connection that does not answer; `restore` opens another. */
  abandon(which: 'control' | 'data', reason: ConnectionError): void {
    const session = which === 'control' ? this.#control : this.#data
    session.abandon(reason)
  }

  /**
   * Opens again what is lost.
   *
   * @param deadlineMs  for everything that is tried
   * @throws {ConnectionError} DDB_CONNECTION_LOST when the server does not come back
   * @throws {DdbError} DDB_LOCKED when another run has this run's name by now
   * @throws {ServerError}
   */
  async restore(deadlineMs: number): Promise<Memory> {
    const { rules } = this.#setup
    let memory: Memory = 'kept'
    const attempt = async (): Promise<void> => {
      if (this.#control.closed) {
        const [control, found] = await openControl(this.#setup, deadlineMs)
        this.#control = control
        memory = found
        // Data must go to the server that is asked.
        if (found === 'lost' || !isSameNode(control, this.#data)) this.#data.abandon(movedOn())
      }
      if (memory === 'kept' && this.#data.closed) {
        const connecting = connectData(this.#setup, this.#control, deadlineMs)
        this.#data = await openData(this.#setup, connecting, this.#ledger, deadlineMs)
      }
    }
    try {
      await tryUntil(deadlineMs, rules, attempt, passes)
    } catch (error) {
      throw passes(error) ? notComingBack(error as DdbError) : error
    }
    return memory
  }

  /**
   * Begins another ledger, on a server that has lost the last one.
   * @returns false when it has lost the target as well
   */
  async reopen(deadlineMs: number): Promise<boolean> {
    const { run, rules, nextLedger } = this.#setup
    const { target } = run.plan
    const asking = { session: this.#control, timeoutMs: leftMs(rules, deadlineMs) }
    try {
      if (target.kind === 'function') await askFunction(asking, target.name)
      else await askSchema(asking, target.table)
      const { number } = nextLedger()
      this.#ledger = await openLedger(
        this.#control,
        run.history.name,
        number,
        leftMs(rules, deadlineMs),
      )
      if (this.#data.closed) {
        const connecting = connectData(this.#setup, this.#control, deadlineMs)
        this.#data = await openData(this.#setup, connecting, this.#ledger, deadlineMs)
      } else {
        await this.define(leftMs(rules, deadlineMs))
      }
      await checkMarker(this.#control, run.history.name, leftMs(rules, deadlineMs))
      return true
    } catch (error) {
      if (error instanceof ServerError) return false
      throw error
    }
  }

  /**
   * Removes the ledger, unless it is to be kept, then the marker, whose removal is not waited for: a connection that is
   * lost before can still be asked for it. Both stay for a process that goes on with the run, and the marker says so.
   *
   * @throws {ConnectionError} @throws {TimeoutError}
   */
  async finish(timeoutMs: number, keepLedger: boolean): Promise<void> {
    const { run } = this.#setup
    if (isUnfinished(run)) return leaveMarked(this.#control, run.history.name, timeoutMs)
    run.emit({ kind: 'leaving' })
    if (!keepLedger) await dropLedger(this.#control, this.#ledger, timeoutMs)
    void dropMarker(this.#control, run.history.name, timeoutMs)
  }

  /** Lets what was handed over finish. */
  async close(): Promise<void> {
    const closings = [this.#data, this.#control].map(session => session.close())
    for (const closing of await Promise.allSettled(closings)) {
      if (closing.status === 'rejected' && !(closing.reason instanceof ConnectionError)) {
        throw closing.reason as Error
      }
    }
  }

  /** Ends both connections at once. */
  leave(reason: ConnectionError): void {
    this.#data.abandon(reason)
    this.#control.abandon(reason)
  }
}

/** How long a server is waited for when nothing depends on its answer. */
const longestFarewellMs = 5_000

function neverUsed(): ConnectionError {
  return new ConnectionError('DDB_CONNECTION_LOST', 'the run ends before its first row')
}

function isSameNode(a: Session, b: Session): boolean {
  return a.host === b.host && a.port === b.port
}

/** A server that was there and is gone is another failure than one that never was. */
function notComingBack(cause: DdbError): ConnectionError {
  return new ConnectionError(
    'DDB_CONNECTION_LOST',
    `the connection was lost and could not be opened again: ${cause.message}`,
    { cause },
  )
}
