/*
  Batches that were begun or sent and will never be answered for: how many, and the first of them by name.
*/
import type { OpenBatch } from '../receipts/registry.js'
import { partText, type Part } from './slice.js'

/** Doubtful batches named in the note; the count tells of the rest. */
const namedDoubts = 20

export interface Doubts {
  readonly count: number
  /** One sentence for the summary; undefined when there is no doubt. */
  readonly note: string | undefined
  add(open: OpenBatch<Part>, why: string): void
}

export function newDoubts(): Doubts {
  const named: string[] = []
  let count = 0
  return {
    get count() {
      return count
    },
    get note() {
      if (count === 0) return undefined
      const rest = count > named.length ? ` and ${count - named.length} more` : ''
      return `in doubt: ${named.join('; ')}${rest}`
    },
    add(open, why) {
      count++
      if (named.length === namedDoubts) return
      named.push(`batch ${open.batchNo} (${partText(open.content)}): ${why}`)
    },
  }
}
