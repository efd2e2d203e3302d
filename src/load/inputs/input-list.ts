/*
  What a run remembers of the inputs it has read: a few numbers for each, and what many of them have in common once. A folder of
  a hundred thousand files has no object for each of them here.
*/
import type { InputFailure, InputTotals, ListedInputs } from '../options.js'
import type { InputRejects } from '../rejects/run-rejects.js'
import type { InputSummary } from './input-reading.js'

export interface InputList {
  /** The next input, to be filled in as it is read; the one before is done. */
  begin(path: string): InputSummary
  /** One that earlier processes have read to its end. */
  add(summary: InputSummary): void
  readonly totals: InputTotals
  /** In the order they came in. */
  list(which: ListedInputs, rejectsOf: (path: string) => InputRejects | undefined): InputSummary[]
}

/** So many are listed, whatever was found in them. */
const fewInputs = 100

/** What many inputs have in common. */
type Kind = Pick<InputSummary, 'format' | 'compression' | 'detected'>

/** What is left of summaries: of each a row of numbers. */
interface PackedSummaries {
  put(summary: InputSummary): void
  /** Without what was wrong with it. */
  at(index: number): InputSummary
}

/** Of one input: bytes, rows, ragged, its kind, and the six of its content. */
const numbersEach = 10

function newPackedSummaries(paths: readonly string[]): PackedSummaries {
  let numbers = new Float64Array(16 * numbersEach)
  let count = 0
  const kinds: Kind[] = []
  const kindNos = new Map<string, number>()
  const kindNo = ({ format, compression, detected }: Kind): number => {
    const key = JSON.stringify([format, compression, detected])
    const known = kindNos.get(key) ?? kinds.push({ format, compression, detected }) - 1
    kindNos.set(key, known)
    return known
  }
  return {
    put({ bytes, rows, ragged, contentBytes, ...kind }) {
      const at = count++ * numbersEach
      if (at === numbers.length) {
        const longer = new Float64Array(2 * numbers.length)
        longer.set(numbers)
        numbers = longer
      }
      const { read, rows: ofRows, rejected, header, other, skipped } = contentBytes
      const content = [read, ofRows, rejected, header, other, skipped]
      numbers.set([bytes, rows, ragged, kindNo(kind), ...content], at)
    },
    at(index) {
      const number = (i: number): number => numbers[index * numbersEach + i]!
      const { format, compression, detected } = kinds[number(3)]!
      return {
        path: paths[index]!,
        format,
        compression,
        bytes: number(0),
        rows: number(1),
        rejected: 0,
        firstError: null,
        contentBytes: {
          read: number(4),
          rows: number(5),
          rejected: number(6),
          header: number(7),
          other: number(8),
          skipped: number(9),
        },
        detected,
        ragged: number(2),
      }
    },
  }
}

export function newInputList(): InputList {
  const paths: string[] = []
  const packed = newPackedSummaries(paths)
  const failures = new Map<number, InputFailure>()
  let doneBytes = 0
  /** The last one: it may still be read. */
  let open: InputSummary | undefined
  const add = (summary: InputSummary): void => {
    const { path, bytes, firstError } = summary
    if (firstError !== null) failures.set(paths.length, firstError)
    paths.push(path)
    packed.put(summary)
    doneBytes += bytes
  }
  const endOpen = (): void => {
    if (open !== undefined) add(open)
    open = undefined
  }
  return {
    begin(path) {
      endOpen()
      open = newSummary(path)
      return open
    },
    add(summary) {
      endOpen()
      add(summary)
    },
    get totals() {
      const count = paths.length + Number(open !== undefined)
      return { count, bytes: doneBytes + (open?.bytes ?? 0) }
    },
    list(which, rejectsOf) {
      endOpen()
      const isAll = which === 'all' || paths.length <= fewInputs
      const listed: InputSummary[] = []
      for (const [index, path] of paths.entries()) {
        const { rejected = 0, firstError } = rejectsOf(path) ?? {}
        if (!isAll && rejected === 0 && !failures.has(index)) continue
        const failure = firstError ?? failures.get(index) ?? null
        listed.push({ ...packed.at(index), rejected, firstError: failure })
      }
      return listed
    },
  }
}

/** Of an input that nothing is known of yet. */
export function newSummary(path: string): InputSummary {
  return {
    path,
    format: null,
    compression: null,
    bytes: 0,
    rows: 0,
    rejected: 0,
    firstError: null,
    contentBytes: { read: 0, rows: 0, rejected: 0, header: 0, other: 0, skipped: 0 },
    detected: null,
    ragged: 0,
  }
}
