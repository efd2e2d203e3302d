/*
  State that successive inputs of a run share: their columns, and the rows left at the end of an input.
*/
import { BatchBuilder, type BuilderSetup } from './batch-builder.js'
import type { Batch, BatchEnding, ResumePoint } from './batch.js'
import { RecordBlock } from './record-block.js'
import { sourceFields } from './mapped-columns.js'

/** One object serves all inputs of a run. Their readers use it one after the other. */
export interface SharedRows {
  /** Returns a block for records with this number of fields. Only one reader may use it at a time. */
  blockFor(fieldCount: number): RecordBlock
  /** Like `sourceFields`, but remembers the last result, because successive inputs often need the same fields. */
  fieldsFor(...args: Parameters<typeof sourceFields>): ReturnType<typeof sourceFields>
  /** True if every row is in a batch, so that `take` returns none. */
  readonly isEmpty: boolean
  /** Returns the builder for an input: the previous input's if everything in the setup is identical, else a new one. */
  builderFor(setup: BuilderSetup): BatchBuilder
  /**
   * Takes the present rows as a batch, but not the rows in `unlessIn`, because their batch can still grow.
   * @returns undefined if it takes no rows
   */
  take(endedBy: BatchEnding, unlessIn?: BatchBuilder): Batch | undefined
}

export function newSharedRows(): SharedRows {
  let setup: BuilderSetup | undefined
  let builder: BatchBuilder | undefined
  /** The builder of the previous setup. Its rows cannot share a batch with later rows. */
  let left: BatchBuilder | undefined
  let block: RecordBlock | undefined
  let last: { mapping: unknown; fieldOf: unknown; fields: number[][] } | undefined
  return {
    blockFor(fieldCount) {
      if (block?.fieldCount !== fieldCount) block = new RecordBlock(fieldCount)
      return block
    },
    fieldsFor(mapping, fieldOf) {
      if (last?.mapping !== mapping || last.fieldOf !== fieldOf) {
        last = { mapping, fieldOf, fields: sourceFields(mapping, fieldOf) }
      }
      return last.fields
    },
    get isEmpty() {
      return left?.isEmpty !== false && builder?.isEmpty !== false
    },
    builderFor(wanted) {
      if (builder === undefined || setup === undefined || !isSame(setup, wanted)) {
        left = builder
        builder = new BatchBuilder(wanted)
        setup = wanted
      }
      return builder
    },
    take(endedBy, unlessIn) {
      const from = left ?? (builder === unlessIn ? undefined : builder)
      left = undefined
      return from === undefined || from.isEmpty ? undefined : from.take(nowhere, endedBy)
    },
  }
}

/** The resume point of a batch whose inputs have all ended: nothing resumes there. */
const nowhere: ResumePoint = { offsetBytes: 0, lineNumber: 1 }

function isSame(a: BuilderSetup, b: BuilderSetup): boolean {
  return (
    a.mapping === b.mapping &&
    a.rules === b.rules &&
    a.rowCapacity === b.rowCapacity &&
    a.arrayDelimiter === b.arrayDelimiter &&
    a.fields.every((fields, i) => fields.every((field, at) => field === b.fields[i]![at]))
  )
}
