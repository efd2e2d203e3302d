/*
  Remembers the inputs that a run has read: a few numbers each, and shared properties once. A folder of a hundred thousand files needs
  no object per file.
*/
import type { InputFailure, InputTotals, ListedInputs } from '../options.js'
import type { InputRejects } from '../rejects/run-rejects.js'
import type { InputSummary } from './input-reading.js'

export interface InputList {
  /** Starts the next input, and ends the previous one. The caller fills in the summary while reading. */
  begin(): InputSummary
  /** Adds an input that earlier processes have read to its end. */
  add(summary: InputSummary): void
  readonly totals: InputTotals
  list(which: ListedInputs, rejectsOf: (path: string) => InputRejects | undefined): InputSummary[]
}

/** This many inputs are always listed, even without problems. */
const fewInputs = 100

/** Properties that many inputs share, so the list stores each combination only once. */
type Kind = Pick<InputSummary, 'format' | 'compression' | 'detected'>

/** Keeps a few numbers for each input. */
interface PackedSummaries {
  put(summary: InputSummary): void
  /** A summary without the input's path; `firstError` is always null. */
  at(index: number): Omit<InputSummary, 'path'>
}

/** Per input: its kind, bytes, rows, and the bytes of its header. */
const numbersEach = 4

function newPackedSummaries(): PackedSummaries {
  let numbers = new Float64Array(16 * numbersEach)
  let count = 0
  const kinds: Kind[] = []
  const kindNos = new Map<string, number>()
  let lastNo = -1
  /** Further counts for inputs that hold more than a header and rows. */
  const others = new Map<number, Pick<InputSummary, 'ragged' | 'contentBytes'>>()
  const kindNo = ({ format, compression, detected }: Kind): number => {
    const last = kinds[lastNo]
    const isLast = last?.detected === detected && last.format === format
    if (isLast && last.compression === compression) return lastNo
    const key = JSON.stringify([format, compression, detected])
    lastNo = kindNos.get(key) ?? kinds.length
    kindNos.set(key, lastNo)
    // Keeps the newest `detected`, because the next input often has the same object and then needs no new `key`.
    kinds[lastNo] = { format, compression, detected }
    return lastNo
  }
  return {
    put(summary) {
      const { bytes, rows, ragged, contentBytes } = summary
      const at = count * numbersEach
      if (at === numbers.length) {
        const longer = new Float64Array(2 * numbers.length)
        longer.set(numbers)
        numbers = longer
      }
      numbers[at] = kindNo(summary)
      numbers[at + 1] = bytes
      numbers[at + 2] = rows
      numbers[at + 3] = contentBytes.header
      if (ragged > 0 || !isAllRows(bytes, contentBytes)) others.set(count, { ragged, contentBytes })
      count++
    },
    at(index) {
      const number = (i: number): number => numbers[index * numbersEach + i]!
      const [kind, bytes, rows, header] = [number(0), number(1), number(2), number(3)]
      const { ragged, contentBytes } = others.get(index) ?? {
        ragged: 0,
        contentBytes: { ...noContent, read: bytes, rows: bytes - header, header },
      }
      const { format, compression, detected } = kinds[kind]!
      const found = { format, compression, bytes, rows, rejected: 0, firstError: null }
      return { ...found, contentBytes, detected, ragged }
    },
  }
}

const noContent = { read: 0, rows: 0, rejected: 0, header: 0, other: 0, skipped: 0 } as const

/** Whether the input holds only a header and rows, and is not compressed. */
function isAllRows(bytes: number, content: InputSummary['contentBytes']): boolean {
  const { read, rows, header, rejected, other, skipped } = content
  return read === bytes && rows === bytes - header && rejected + other + skipped === 0
}

/** @param names  the inputs' names, in reading order */
export function newInputList(names: readonly string[]): InputList {
  const packed = newPackedSummaries()
  let count = 0
  const failures = new Map<number, InputFailure>()
  let doneBytes = 0
  /** The input that was begun last, until the next one begins or the list is requested. */
  let open: InputSummary | undefined
  const add = (summary: InputSummary): void => {
    const { bytes, firstError } = summary
    if (firstError !== null) failures.set(count, firstError)
    count++
    packed.put(summary)
    doneBytes += bytes
  }
  const endOpen = (): void => {
    if (open !== undefined) add(open)
    open = undefined
  }
  return {
    begin() {
      endOpen()
      open = newSummary(names.at(count)!)
      return open
    },
    add(summary) {
      endOpen()
      add(summary)
    },
    get totals() {
      return { count: count + Number(open !== undefined), bytes: doneBytes + (open?.bytes ?? 0) }
    },
    list(which, rejectsOf) {
      endOpen()
      const isAll = which === 'all' || count <= fewInputs
      const listed: InputSummary[] = []
      for (let index = 0; index < count; index++) {
        const path = names.at(index)!
        const { rejected = 0, firstError } = rejectsOf(path) ?? {}
        if (!isAll && rejected === 0 && !failures.has(index)) continue
        const failure = firstError ?? failures.get(index) ?? null
        listed.push({ path, ...packed.at(index), rejected, firstError: failure })
      }
      return listed
    },
  }
}

export function newSummary(path: string): InputSummary {
  return {
    path,
    format: null,
    compression: null,
    bytes: 0,
    rows: 0,
    rejected: 0,
    firstError: null,
    contentBytes: noContent,
    detected: null,
    ragged: 0,
  }
}
