/*
  Talks to the server for a process that loads a plan. The process joins a table that all processes of the plan share, asks which units
  are done, and begins and ends units there.
*/
import { ConnectionError, DdbError } from '../../errors.js'
import type { Session } from '../../client/open-session.js'
import type { Platform } from '../../platform/platform.js'
import { wait } from '../../platform/wait.js'
import { closeTimeoutMs, connectDeadlineMs, connectServer } from '../connection/connect.js'
import { tryUntil } from '../connection/retry.js'
import { askTotalRows } from '../evidence/total-rows.js'
import { watchedTable } from '../journal/target-identity.js'
import { newToken } from '../marker/marker.js'
import type { ServerTarget } from '../options.js'
import type { Plan } from '../plan.js'
import { otherPlan, tableIsGone } from './check-shard.js'
import {
  beginUnit,
  endUnit,
  hasLook,
  joinPlan,
  readPlanState,
  type BegunUnit,
  type EndedUnit,
  type PlanState,
  type ShardAsking,
} from './plan-table.js'

/**
 * Age from which no process replaces the table any more, ms by the server's clock. A process that looked before the
 * table existed may still create the table a second time, and so replace a younger one.
 */
const settledMs = 1_000
const mostJoins = 20
/** How often to look for the ledger (receipts) of a unit that another process has just begun, and the pause in between. */
const ledgerLooks = 5
const ledgerLookMs = 200

/** The server of a plan. Each question may throw {ServerError}, {ConnectionError} and {TimeoutError}. */
export interface PlanServer {
  /**
   * Creates the plan's table on the server, unless another process has done so, and reads which units have ended.
   * @param plan  digests of the plan, and of the options
   * @throws {DdbError} exit code 75 if the table keeps being replaced, 64 if it belongs to another plan
   */
  join(plan: string): Promise<PlanState>
  /** @throws {DdbError} exit code 75 if the table is gone */
  state(): Promise<PlanState>
  /** @param ended  the previous unit: this call marks it as done, unless the result is `gone` */
  begin(unit: number, ended?: EndedUnit): Promise<BegunUnit>
  /** @throws {DdbError} exit code 75 if the table is gone */
  end(ended: EndedUnit): Promise<void>
  close(): Promise<void>
}

/** @param ended  aborted once no unit may begin any more */
export function newPlanServer(
  platform: Platform,
  server: ServerTarget,
  plan: Plan,
  ended: AbortSignal,
): PlanServer {
  return new AskedServer(platform, server, plan, ended)
}

class AskedServer implements PlanServer {
  readonly #platform: Platform
  readonly #server: ServerTarget
  readonly #plan: Plan
  readonly #ended: AbortSignal
  #session: Session | undefined
  #look = 0n

  constructor(platform: Platform, server: ServerTarget, plan: Plan, ended: AbortSignal) {
    this.#platform = platform
    this.#server = server
    this.#plan = plan
    this.#ended = ended
  }

  async join(plan: string): Promise<PlanState> {
    const rowsBefore = await this.#countRows()
    for (let joins = 0; joins < mostJoins; joins++) {
      const look = newToken(this.#platform.random)
      this.#look = look
      const ageMs = await this.#ask(asking => joinPlan(asking, look, plan, rowsBefore))
      if (ageMs < settledMs) await wait(this.#platform.clock, settledMs - ageMs, this.#ended)
      if (!(await this.#ask(asking => hasLook(asking, look)))) continue
      const state = await this.state()
      if (state.plan === plan) return state
      // Another process has replaced the table since `hasLook` asked.
      if (state.plan === undefined) continue
      throw otherPlan(this.#plan.runId, state.plan.split(' ')[0] === plan.split(' ')[0])
    }
    throw tableIsGone(this.#plan.runId)
  }

  async state(): Promise<PlanState> {
    const state = await this.#ask(readPlanState)
    if (state === undefined) throw tableIsGone(this.#plan.runId)
    return state
  }

  async begin(unit: number, ended?: EndedUnit): Promise<BegunUnit> {
    const token = newToken(this.#platform.random)
    let begun: BegunUnit = { kind: 'lost' }
    for (let looks = 0; looks < ledgerLooks && begun.kind === 'lost'; looks++) {
      if (looks > 0) await wait(this.#platform.clock, ledgerLookMs, this.#ended)
      begun = await this.#ask(asking => beginUnit(asking, unit, token, 1, ended))
    }
    if (begun.kind !== 'lost' || this.#plan.onDoubt !== 'resend') return begun
    for (let no = 2; begun.kind === 'lost' && no < mostJoins; no++) {
      begun = await this.#ask(asking => beginUnit(asking, unit, token, no))
    }
    return begun
  }

  async end(ended: EndedUnit): Promise<void> {
    if (!(await this.#ask(asking => endUnit(asking, ended)))) throw tableIsGone(this.#plan.runId)
  }

  async close(): Promise<void> {
    await this.#session?.close().catch((error: unknown) => {
      if (!(error instanceof DdbError)) throw error
    })
  }

  async #countRows(): Promise<number | null> {
    const table = watchedTable(this.#plan)
    if (table === undefined) return null
    return this.#ask(asking => askTotalRows(asking, table))
  }

  /** Asks on a session that is reopened if it was lost, so the server may receive a question twice. */
  async #ask<T>(question: (asking: ShardAsking) => Promise<T>): Promise<T> {
    const { platform, plan } = { platform: this.#platform, plan: this.#plan }
    const server = this.#server
    const { clock, random } = platform
    const ended = this.#ended
    const rules = { retries: plan.retries, reconnectMs: plan.retryTimeoutMs, clock, random, ended }
    const isFirst = this.#session === undefined
    const deadlineMs = isFirst
      ? connectDeadlineMs(platform, server)
      : clock.nowMs() + plan.retryTimeoutMs
    const ask = async (): Promise<T> => {
      if (this.#session?.closed !== false) {
        this.#session = await connectServer(platform, server, {
          deadlineMs: Math.min(deadlineMs, connectDeadlineMs(platform, server)),
          signal: ended,
          closeTimeoutMs: closeTimeoutMs(plan),
        })
      }
      const { runId, confirmTimeoutMs: timeoutMs } = plan
      return question({ session: this.#session, runId, timeoutMs, look: this.#look })
    }
    return tryUntil(deadlineMs, rules, ask, error => error instanceof ConnectionError)
  }
}
