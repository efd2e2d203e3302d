/*
  A model of a run that keeps every row separately, and the journal records of the run. Tests compare the model with the
  state that the program derives from the records.
*/
import type { EndedRows } from '../../../src/load/journal/journal-record.js'
import fc from 'fast-check'
import type {
  JournaledBatch,
  JournalRecord,
  JournaledRejects,
} from '../../../src/load/journal/journal-record.js'
import type { KnownBatch } from '../../../src/load/journal/resumed-input.js'

/** Every row has this many bytes and its own line, after a header of one line. */
export const rowBytes = 10

interface ModelRow {
  /** Number of the row's batch within the input. */
  readonly batch: number
  /** Undefined if the row lost its batch number and got no new one. */
  no: number | undefined
  fate: 'unknown' | 'confirmed' | 'filtered' | 'rejected' | 'unconfirmed' | 'unsent'
  /** Whether all rows with the same batch number have a final outcome. */
  isSettled: boolean
}

export interface ModelPiece {
  readonly startBytes: number
  readonly endBytes: number
  /** `joins`: an earlier input has rows with the same batch number. `continues`: a later input has such rows. */
  readonly joins?: true
  readonly continues?: true
  readonly known: KnownBatch
}

/** Rows with the same batch number, each with its input and its index in the input. */
type Group = [GroupRow, ...GroupRow[]]
interface GroupRow {
  readonly input: number
  readonly at: number
  readonly row: ModelRow
}

/** A step of a run. Its numbers select one of the possible inputs, batches and rows. */
export type Step =
  /** `rows` counts rows of the input `input`, `more` counts rows of the inputs after it. */
  | {
      readonly kind: 'batch'
      readonly input: number
      readonly rows: number
      readonly more?: readonly number[]
    }
  | { readonly kind: 'part'; readonly which: number; readonly from: number; readonly rows: number }
  | {
      readonly kind: 'ended'
      readonly which: number
      readonly how:
        'confirmed' | 'rejected' | 'unconfirmed' | 'unsent' | 'dropped' | 'short' | 'filtered'
    }
  | { readonly kind: 'process' }
  | { readonly kind: 'settle'; readonly input: number }

export const inputCount = 3

const some = fc.nat({ max: 1_000 })
export const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('batch' as const),
      input: fc.nat({ max: inputCount - 1 }),
      rows: fc.integer({ min: 1, max: 8 }),
      more: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: inputCount - 1 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('part' as const),
      which: some,
      from: some,
      rows: some,
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('ended' as const),
      which: some,
      how: fc.constantFrom(
        'confirmed',
        'confirmed',
        'rejected',
        'unconfirmed',
        'unsent',
        'dropped',
        'short',
        'filtered',
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('process' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      input: fc.nat({ max: inputCount - 1 }),
    }),
  },
)

const fingerprint = { sizeBytes: 1, modifiedMs: 1, head: 'h', tail: 't' }

export class RunModel {
  readonly #inputs: ModelRow[][] = Array.from({ length: inputCount }, () => [])
  #lastNo = 0
  #processes = 0
  #rejected = 0

  /** The records at the start of every journal. */
  readonly first: JournalRecord[] = [
    { kind: 'ledger', number: 1, version: 2 },
    {
      kind: 'inputs',
      inputs: this.#inputs.map((_, input) => ({ path: `${input}.csv`, fingerprint })),
    },
    ...this.#inputs.map((_, input): JournalRecord => ({ kind: 'reading', input, detected: 'csv' })),
  ]

  /** @returns the records of the step; none if the step applies to nothing */
  step(step: Step): JournalRecord[] {
    switch (step.kind) {
      case 'batch':
        return [this.#batch(step)]
      case 'part':
        return this.#part(step)
      case 'ended':
        return this.#ended(step)
      case 'process':
        return [
          { kind: 'process', number: ++this.#processes, startedAt: '' },
          { kind: 'ledger', number: 1, version: 2 },
        ]
      case 'settle':
        return []
    }
  }

  #batch({ input, rows, more = [] }: Extract<Step, { kind: 'batch' }>): JournalRecord {
    const no = ++this.#lastNo
    const [first, ...others] = [rows, ...more.slice(0, inputCount - 1 - input)].map(
      (count, behind) => this.#appended(input + behind, count, no),
    )
    return { kind: 'batch', no, ...first!, ...(others.length > 0 && { more: others }) }
  }

  #appended(input: number, rows: number, no: number): JournaledBatch {
    const there = this.#inputs[input]!
    const batch = (there.at(-1)?.batch ?? 0) + 1
    const start = there.length * rowBytes
    for (let i = 0; i < rows; i++) there.push({ batch, no, fate: 'unknown', isSettled: false })
    const end = there.length * rowBytes
    const endLine = there.length + 2
    return { input, start, end, endLine, rows, records: there.length }
  }

  /** Gives some rows of an unsettled group a new number. */
  #part({ which, from, rows }: Extract<Step, { kind: 'part' }>): JournalRecord[] {
    const open = this.#groups().filter(([{ row }]) => !row.isSettled)
    if (open.length === 0) return []
    const group = open[which % open.length]!
    // The new part may begin anywhere in the group.
    const begin = from % group.length
    const stop = begin + 1 + (rows % (group.length - begin))
    const no = ++this.#lastNo
    const before = group[0].row.no
    const ranges = new Map<number, { input: number; start: number; end: number; rows: number }>()
    for (const [i, { input, at, row }] of group.entries()) {
      const there = this.#inputs[input]!
      if (i >= begin && i < stop) {
        there[at] = { ...row, no, fate: 'unknown' }
        const start = at * rowBytes
        const range = ranges.get(input) ?? { input, start, end: start, rows: 0 }
        ranges.set(input, { ...range, end: start + rowBytes, rows: range.rows + 1 })
      } else if (before !== undefined) there[at] = { ...row, no: undefined, fate: 'unsent' }
    }
    const [first, ...others] = ranges.values()
    return [{ kind: 'part', no, ...first!, ...(others.length > 0 && { more: others }) }]
  }

  #ended({ which, how }: Extract<Step, { kind: 'ended' }>): JournalRecord[] {
    const open = this.#groups().filter(([{ row }]) => !row.isSettled && row.no !== undefined)
    if (open.length === 0) return []
    const group = open[which % open.length]!
    const rows = group.length
    const off = which % rows
    const ended: EndedRows = { confirmed: 0, rejected: 0, unconfirmed: 0, unsent: 0 }
    const put = (fate: keyof EndedRows, count: number): void => {
      Object.assign(ended, { [fate]: count })
    }
    if (how === 'dropped') {
      put('confirmed', rows - off)
      put('rejected', off)
    } else if (how === 'short') {
      put('confirmed', rows - off)
      put('unconfirmed', off)
    } else if (how === 'filtered') {
      put('confirmed', off)
      put('filtered', rows - off)
    } else put(how, rows)
    const isSettled = how !== 'unconfirmed' && how !== 'unsent'
    const all = ['confirmed', 'filtered', 'rejected', 'unconfirmed', 'unsent'] as const
    const fates = all.flatMap(fate => Array<typeof fate>(ended[fate] ?? 0).fill(fate))
    for (const [i, { input, at, row }] of group.entries()) {
      this.#inputs[input]![at] = { ...row, fate: fates[i]!, isSettled }
    }
    const records: JournalRecord[] = []
    if (ended.rejected > 0) {
      this.#rejected += ended.rejected
      records.push({ kind: 'rejects', ...this.#rejects() })
    }
    return [...records, { kind: 'ended', no: group[0].row.no!, ...ended }]
  }

  #rejects(): JournaledRejects {
    return {
      byClass: { parse: 0, type: 0, server: this.#rejected },
      byCode: {},
      unplaced: 0,
      files: [],
      byInput: {},
      upTo: { input: 0, offsetBytes: 0 },
    }
  }

  /** Rows of all inputs grouped by number. Neighbouring rows without a number form a group. */
  #groups(): Group[] {
    const byNumber = new Map<number, Group>()
    const groups: Group[] = []
    for (const { input, start, end, first } of this.#runsOf()) {
      const [head, ...rest] = this.#inputs[input]!.slice(start, end).map((row, i) => ({
        ...{ input, at: start + i },
        row,
      }))
      const known = first.no === undefined ? undefined : byNumber.get(first.no)
      if (known !== undefined) known.push(head!, ...rest)
      else {
        const group: Group = [head!, ...rest]
        groups.push(group)
        if (first.no !== undefined) byNumber.set(first.no, group)
      }
    }
    return groups
  }

  /** Neighbouring rows of one batch that have the same number, or that all have none. */
  #runsOf(): { input: number; start: number; end: number; first: ModelRow }[] {
    return this.#inputs.flatMap((rows, input) => {
      const found: { input: number; start: number; end: number; first: ModelRow }[] = []
      for (const [row, one] of rows.entries()) {
        const last = found.at(-1)
        if (last?.first.no === one.no && last?.first.batch === one.batch) last.end = row + 1
        else found.push({ input, start: row, end: row + 1, first: one })
      }
      return found
    })
  }

  rows(): Record<'confirmed' | 'filtered' | 'rejected' | 'unconfirmed' | 'unsent', number> {
    const all = this.#inputs.flat()
    const count = (...fates: ModelRow['fate'][]): number =>
      all.filter(({ fate }) => fates.includes(fate)).length
    return {
      confirmed: count('confirmed'),
      filtered: count('filtered'),
      rejected: count('rejected'),
      unconfirmed: count('unconfirmed', 'unknown'),
      unsent: count('unsent'),
    }
  }

  /** Where a later process resumes reading an input: at the first batch that is not settled. */
  resumed(input: number): {
    from: { offsetBytes: number; lineNumber: number; records: number }
    pieces: ModelPiece[]
    endBytes: number
  } {
    const rows = this.#inputs[input]!
    const unsettled = rows.find(({ isSettled }) => !isSettled)?.batch
    const at =
      unsettled === undefined ? rows.length : rows.findIndex(({ batch }) => batch === unsettled)
    const pieces = this.#runsOf()
      .filter(each => each.input === input && each.start >= at)
      .map(({ start, end, first: { no, fate, isSettled } }): ModelPiece => ({
        startBytes: start * rowBytes,
        endBytes: end * rowBytes,
        ...(!isSettled &&
          fate !== 'unsent' &&
          this.#isAlso(no!, i => i < input) && { joins: true }),
        ...(!isSettled &&
          fate !== 'unsent' &&
          this.#isAlso(no!, i => i > input) && { continues: true }),
        known: isSettled
          ? { kind: 'settled' }
          : fate === 'unsent'
            ? { kind: 'unsent' }
            : { kind: 'sent', no: no!, rows: this.#rowsOf(no!), hasNoReceipt: false },
      }))
    return {
      from: {
        offsetBytes: at * rowBytes,
        lineNumber: at === 0 ? 1 : at + 2,
        records: at,
      },
      pieces,
      endBytes: rows.length * rowBytes,
    }
  }

  #isAlso(no: number, inInput: (index: number) => boolean): boolean {
    return this.#inputs.some((rows, i) => inInput(i) && rows.some(row => row.no === no))
  }

  /** Number of rows with this batch number in all inputs. */
  #rowsOf(no: number): number {
    return this.#inputs.flat().filter(row => row.no === no).length
  }

  get lastNo(): number {
    return this.#lastNo
  }
}
