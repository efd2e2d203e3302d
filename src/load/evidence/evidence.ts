/* Evidence that a run's rows are still in the table: the identity of the table before the first row, the number of rows that it has had
   since, and the values of some rows. The run looks at the target when it begins or is resumed, ends, and now and then while it follows. */
import { DdbError, option } from '../../errors.js'
import { wait } from '../../platform/clocks.js'
import type { Facts } from '../journal/journal-record.js'
import type { Piece } from '../outcomes/pieces.js'
import { rowsText } from '../outcomes/run-state.js'
import type { Run } from '../run.js'
import { leavesMemory, neverDecreases, type TargetIdentity } from '../target/describe-target.js'
import type { RowsOfColumns } from '../target/partition-scheme.js'
import { mayChangeValues, watchedTable } from '../target/target.js'
import { askTaken } from '../transport/script.js'
import { askIdentity, type Found, newSample, rowOfText, rowText } from './sample-rows.js'

export interface Look {
  readonly now: TargetIdentity
  readonly found: Found
  /**
   * Why confirmed rows cannot be in the table; undefined if they may be there. `other`: the table is another one, or has lost rows. `short`: a
   * function has not stored all rows yet. `removed`: it seems to be the same, and others have removed rows. `hidden`: the server no longer
   * reports what it reported before. `unknown`: nothing shows that the table has rows of earlier processes.
   */
  readonly change: { readonly kind: ChangeKind; readonly text: string } | undefined
}

type ChangeKind = 'other' | 'short' | 'removed' | 'hidden' | 'unknown'

const firstPauseMs = 20
const longestPauseMs = 1_000
const lookEveryMs = 10_000

const notAsSent =
  'rows that an earlier process sent are not in it as they were sent. Either they are changed before they are stored, or it is another table'

/** For a lost connection. */
function noticedElsewhere(error: unknown): undefined {
  if (!(error instanceof DdbError)) throw error
}

/** Evidence about one run. It never uses the rows of a different run. */
export class Evidence {
  /** The target as it was before the run's first row. */
  identity: TargetIdentity
  /** Rows of the table at the last look, as `TargetIdentity` counts them. */
  rows: number | null = null
  /** Whether `learn` must be called before more rows are sent: only the table shows the values that a function or a transform makes. */
  learns: boolean
  readonly #run: Run
  #sample: ReturnType<typeof newSample>
  readonly #isFunction: boolean
  /** Whether every accepted row makes the table longer by one. */
  readonly #adds: boolean
  /** Whether the rows of the sample were in the table, rather than only sent. */
  #isSure: boolean
  /** Whether the table may have taken rows of earlier processes, and none has learned what it made of them. */
  #isBlind = false
  #isForgotten = false
  /** Rows that the target has accepted, in all processes. If shards load the run, those at the last look. */
  #accepted: number
  #lookedAtMs: number

  /** @param identity  the target before the run's first row */
  constructor(run: Run, identity: TargetIdentity) {
    const { checked, platform } = run
    const description = run.target
    const { found } = run.history
    this.identity = identity
    this.#run = run
    const sampled = found.sampled.map(rowOfText)
    this.#sample = newSample(description, sampled)
    this.#isFunction = checked.target.kind === 'function'
    this.#adds = !description.keyed && !('mayDrop' in checked.target && checked.target.mayDrop)
    this.#accepted = found.rows().confirmed
    this.#lookedAtMs = platform.clock.nowMs()
    const isMade = mayChangeValues(run.options.target)
    this.#isSure = !isMade || (found.isLearned && sampled.length > 0)
    // Rows of earlier processes may be in another table by now, and those of others where the run expects its own.
    this.learns = this.#mayLearn
    if (this.#accepted > 0 || (run.shared && found.hasBatches)) this.#isLate()
    if (isMade && this.#isSure) this.#sample.fix(sampled)
    if (run.shared !== undefined) this.beginStream()
  }

  /** Whether the table has accepted rows and would show what it made of them if nobody else had written, and nobody has seen that. */
  get isUnlearned(): boolean {
    return this.#mayLearn && this.#adds && this.identity.inMemory && this.#accepted > 0
  }

  /** Whether the table can show what it made of the rows, and has not yet done so. */
  get #mayLearn(): boolean {
    if (this.#isSure || this.#isForgotten || leavesMemory(this.identity.total)) return false
    return watchedTable(this.#run.checked) !== undefined
  }

  /** Rows in the table before the run; null if they prove nothing. */
  get #before(): number | null {
    const { inMemory, total, rows } = this.identity
    return (inMemory ? total !== null : this.#isFunction) ? rows : null
  }

  /** Earlier processes have sent rows that the table may have taken. */
  #isLate(): void {
    this.learns = false
    this.#isBlind ||= !this.#isSure && this.identity.inMemory
  }

  /** Must be called when the table has accepted rows. @param stored  those of the piece that it has certainly accepted, if that is known */
  taken(
    rows: number,
    { ofEarlier, sendNos }: Pick<Piece, 'ofEarlier' | 'sendNos'>,
    stored: RowsOfColumns | undefined,
  ): void {
    this.#accepted += rows
    if (ofEarlier && sendNos.length === 0) this.#isLate()
    // Rows that this process has sent show nothing of those before them.
    if (this.#isBlind && (!ofEarlier || sendNos.length > 0)) return
    if (stored !== undefined && this.#sample.taken(stored)) this.#run.note(this.sampled())
  }

  /** Must be called before the first row of each stream that other processes may have begun. */
  beginStream(): void {
    this.#sample.next()
  }

  /** What a later process needs to resume the run. */
  sampled(): Pick<Facts, 'sampled' | 'isLearned'> {
    return { sampled: this.#sample.rows.map(rowText), isLearned: this.#isSure }
  }

  /** Forgets the accepted rows, because they are lost or are on a different node. */
  forget(): void {
    this.#sample.clear()
    this.learns = false
    this.identity = { ...this.identity, rows: null }
    this.#isForgotten = true
  }

  /**
   * Begins with the table as it is now: after `forget`, if nothing that was sent is open, and before the first row of a run whose rows must be
   * learned, because others may have written meanwhile. Rows that are accepted later are evidence again.
   */
  async beginAgain(): Promise<void> {
    const { options, shared, target } = this.#run
    const isFirst = this.learns && this.#accepted === 0
    const isCounted = this.identity.inMemory || this.#isFunction
    if (!(this.#isForgotten || isFirst) || !isCounted || shared !== undefined) return
    const { rows = null, total = null } =
      (await askIdentity(this.#run).catch(noticedElsewhere))?.identity ?? {}
    // The server does not count, for now or ever.
    if (rows === null) return
    this.identity = { ...this.identity, rows, total }
    this.#sample = newSample(target, [])
    this.#isSure = !mayChangeValues(options.target)
    this.#isForgotten = this.#isBlind = false
    this.learns = this.#mayLearn
    this.#accepted = 0
    this.#run.note({ target: this.identity, ...this.sampled() })
  }

  /** Compares the table with this evidence. @param counts  counts a DFS table, too @param waits  for rows that a function writes later */
  async look({ counts = this.#isFunction, waits = true } = {}): Promise<Look> {
    const { checked, control: session, ending, platform, shared } = this.#run
    const { clock } = platform
    const timeoutMs = checked.confirmTimeoutMs
    const endMs = clock.nowMs() + timeoutMs
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      const taken = shared && (await askTaken({ session: session!, timeoutMs }, shared.ledger.name))
      if (taken !== undefined) this.#accepted = taken.rows
      // Rows that are accepted while the server answers may not be counted yet.
      const accepted = this.#accepted
      const { rows: sampled } = this.#sample
      const from = this.#before ?? 0
      const learns = this.#mayLearn && accepted > 0
      const read = learns && this.identity.inMemory ? [from, from + accepted - 1] : []
      const answer = await askIdentity(this.#run, { rows: sampled, counts, read })
      const { identity: now, found, made = [] } = answer
      const change = this.#changeOf(now, found, accepted)
      // If rows of others follow those of the run, some of the rows that were read may be theirs.
      const isAlone = this.#isAlone(now, accepted) && made.length > 0
      const there = isAlone ? made : sampled.filter((_, i) => this.learns && found?.[i])
      if (learns && there.length > 0) {
        this.learns = false
        this.#isSure = true
        this.#sample.fix(there)
        this.#run.note(this.sampled())
      }
      this.rows = now.rows
      this.#lookedAtMs = clock.nowMs()
      const mayGrow = waits && change?.kind === 'short' && this.#lookedAtMs + pauseMs < endMs
      if (!mayGrow || ending.leaving.aborted) return { now, found, change }
      await wait(clock, pauseMs, ending.leaving)
    }
  }

  /** Learns the values of some accepted rows, if the table has them. */
  async learn(): Promise<void> {
    if (this.#accepted === 0) return
    // Without an answer, the server is asked again after the next batch.
    if (await this.look({ waits: false }).catch(noticedElsewhere)) this.learns = false
  }

  #isAlone(now: TargetIdentity, accepted: number): boolean {
    return this.#adds && now.total !== null && now.rows === (this.#before ?? 0) + accepted
  }

  #changeOf(now: TargetIdentity, found: Found, accepted: number): Look['change'] {
    const change = (kind: ChangeKind, text: string) => ({ kind, text })
    const { shared, history } = this.#run
    const isOver = shared ? shared.left.size === 0 : history.found.finished !== undefined
    if (isOver && accepted === 0) return undefined
    const was = this.identity
    const before = this.#before
    const isOther = (['chunkId', 'physicalIndex'] as const).some(
      id => was[id] !== null && now[id] !== null && was[id] !== now[id],
    )
    if (was.columns !== now.columns)
      return change('other', `its columns were ${was.columns} and are ${now.columns}`)
    if (isOther) return change('other', 'it was dropped and recreated')
    if (accepted === 0) return undefined
    if (was.chunkId !== null && now.chunkId === null)
      return change('hidden', 'the server no longer reports its chunk')
    if (before !== null && now.rows === null)
      return change('hidden', 'its rows cannot be counted any more')
    const grown = (now.rows ?? 0) - (before ?? 0)
    const least = (before ?? 0) + (this.#adds ? accepted : 0)
    if (before !== null && now.rows! < least) {
      const more = `it has ${rowsText(grown)} more than before the run, and the function was given ${accepted}`
      return this.#isFunction && grown >= 0
        ? change('short', `${more}. If it may drop rows, say so with ${option('target.mayDrop')}`)
        : change('other', `it had ${least} rows, and has ${now.rows}: it was recreated or emptied`)
    }
    if (this.#isBlind && found?.includes(false) && !this.#isAlone(now, accepted))
      return change('unknown', notAsSent)
    // A function may change all rows, so no row then proves a loss. If it changes none, one that is there shows that. A
    // transform may also drop some. Nobody can remove rows from a stream table, but the server may remove them from memory.
    const mayTell = this.#isFunction && this.#adds && !this.#isBlind
    const isTelling = this.#isSure || (mayTell && found?.includes(true))
    const kind = neverDecreases(was.total) ? 'other' : 'removed'
    if (isTelling && found?.includes(false) && !leavesMemory(now.total))
      return change(kind, 'rows that this run wrote into it are missing')
    // In a keyed or a DFS table, fewer rows than before do not count as a loss, but none at all do.
    return now.rows === 0 && !this.#isFunction ? change('removed', 'it has no rows') : undefined
  }

  /** Looks now and then while files are followed. Missing rows alone are a notice, as after retention. @returns why it is another table */
  async lookWhenDue(): Promise<string | undefined> {
    const { options, platform, reporter } = this.#run
    const isOld = platform.clock.nowMs() - this.#lookedAtMs >= lookEveryMs
    if (options.input?.follow !== true || !isOld) return undefined
    const { change, now } = await this.look()
    if (change?.kind === 'unknown') return undefined
    if (change !== undefined && change.kind !== 'removed') return change.text
    if (change !== undefined) reporter.notice(`${now.name}: ${change.text}. The run goes on`)
    // The values of rows that a function made are known of the first rows only. Of others, the newest stays: no more rows may come.
    if (change !== undefined) this.#sample.clear()
    else if (!this.#isFunction) this.#sample.keepLast()
    return undefined
  }
}
