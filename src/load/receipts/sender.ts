/*
  The session that batches with receipts go out on: it knows the functions that write them, and defines them again
  after every new connection.
*/
import type { Session } from '../../client/session.js'
import { ConnectionError, type DdbError } from '../../errors.js'
import type { Value } from '../../protocol/value.js'
import type { Ledger } from './ledger.js'
import { openLink, type Link } from '../connection/link.js'
import type { OpenBatch } from './registry.js'
import { partTable, type Part } from '../delivery/slice.js'
import { deliverFunction, laneScript } from './script.js'
import type { RetryRules } from '../connection/retry.js'
import type { Target } from '../target.js'

export interface ReceiptLane {
  readonly sessionId: string
  /** True while there is no connection and one may be had again. */
  readonly lost: boolean
  /** Sends one transmission. A lost connection is no error here: the batch stays open. @returns room for more */
  send(open: OpenBatch<Part>, sendNo: number): boolean
  /** Resolves when the kernel has room again, or the connection is gone. */
  drained(): Promise<void>
  /** Opens a new connection. @throws {ConnectionError} when none is to be had */
  restore(): Promise<void>
  /** Defines the functions again. */
  prepare(): Promise<void>
  /** Writes into another ledger from now on. */
  follow(ledger: Ledger): Promise<void>
  /** Asks synchronously behind everything sent: an answer means that the server has read all of it. */
  fence(): Promise<'known' | 'forgotten' | 'lost'>
  /** Ends the connection at once; nothing more is sent. */
  abandon(reason: DdbError): void
  close(): Promise<void>
}

export interface LaneSetup {
  connect: () => Promise<Session>
  ledger: Ledger
  target: Target
  columnNames: readonly string[]
  /** Fixed arguments of a function target. */
  leading: readonly Value[]
  rules: RetryRules
  answerTimeoutMs: number
}

/** How long a fence is waited for: a session busy with a batch answers late. */
const fenceTimeoutMs = 5_000

/**
 * @throws {ServerError} when the server refuses the functions
 * @throws {ConnectionError}
 */
export async function openReceiptLane(setup: LaneSetup): Promise<ReceiptLane> {
  let { ledger } = setup
  let hopeless = false
  const define = async (session: Session): Promise<void> => {
    await session.run(laneScript(ledger.name, setup.target, ledger.countsDuplicates), {
      timeoutMs: setup.answerTimeoutMs,
    })
  }
  const link: Link = await openLink({
    open: setup.connect,
    prepare: define,
    rules: setup.rules,
    answerTimeoutMs: setup.answerTimeoutMs,
  })
  return {
    get sessionId() {
      return link.session.id
    },
    get lost() {
      return link.session.closed && !hopeless
    },
    send(open, sendNo) {
      const arguments_: Value[] = [
        { form: 'scalar', type: 'LONG', value: BigInt(open.batchNo) },
        { form: 'scalar', type: 'INT', value: open.attempt },
        { form: 'scalar', type: 'LONG', value: BigInt(sendNo) },
        ...setup.leading,
        partTable(open.content, setup.columnNames),
      ]
      try {
        return link.session.send(deliverFunction, arguments_)
      } catch (error) {
        if (error instanceof ConnectionError) return true
        throw error
      }
    },
    drained: () => link.session.drained().catch(ignoreLoss),
    async restore() {
      if (setup.rules.retries === 0) {
        hopeless = true
        throw new ConnectionError(
          'DDB_CONNECTION_LOST',
          'the connection was lost before all was sent; --retries 0 opens no other',
        )
      }
      try {
        await link.restore()
      } catch (error) {
        hopeless = true
        throw error
      }
    },
    prepare: () => define(link.session),
    async follow(next) {
      ledger = next
      if (!link.session.closed) await define(link.session)
    },
    async fence() {
      if (link.session.closed) return hopeless ? 'known' : 'lost'
      try {
        const known = await link.session.run(`defined("${deliverFunction}", DEF)`, {
          timeoutMs: fenceTimeoutMs,
        })
        return known?.form === 'scalar' && known.value === false ? 'forgotten' : 'known'
      } catch (error) {
        if (error instanceof ConnectionError) return 'lost'
        throw error
      }
    },
    abandon(reason) {
      hopeless = true
      link.session.abandon(reason)
    },
    close: () => link.close(),
  }
}

function ignoreLoss(error: unknown): void {
  if (!(error instanceof ConnectionError)) throw error
}
