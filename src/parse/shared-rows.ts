/*
  What inputs that are read one after the other share: their columns, and the rows that the end of an input leaves in hand.
*/
import { BatchBuilder, type BuilderSetup } from './batch-builder.js'
import type { Batch, ResumePoint } from './batch.js'
import { RecordBlock } from './record-block.js'

/** One for all inputs of a run; readers are given it in turn. */
export interface SharedRows {
  /** For records of so many fields: nobody else reads into it at the same time. */
  blockFor(fieldCount: number): RecordBlock
  /** The rows in hand are the first of a batch, and a piece of the next input has more of it. */
  continues: boolean
  /** Rows in hand: there is a batch to take. */
  readonly rowCount: number
  /** The columns for an input; those of inputs before where all that makes them is the same, by identity. */
  builderFor(setup: BuilderSetup): BatchBuilder
  /**
   * The rows in hand as a batch, unless they are in the columns given, and go on growing.
   * @returns undefined without any
   */
  take(unlessIn?: BatchBuilder): Batch | undefined
}

export function newSharedRows(): SharedRows {
  let setup: BuilderSetup | undefined
  let builder: BatchBuilder | undefined
  /** The columns before, with rows that do not go together with the next ones. */
  let left: BatchBuilder | undefined
  let block: RecordBlock | undefined
  return {
    continues: false,
    blockFor(fieldCount) {
      if (block?.fieldCount !== fieldCount) block = new RecordBlock(fieldCount)
      return block
    },
    get rowCount() {
      return (left?.rowCount ?? 0) + (builder?.rowCount ?? 0)
    },
    builderFor(wanted) {
      if (builder === undefined || setup === undefined || !isSame(setup, wanted)) {
        left = builder
        builder = new BatchBuilder(wanted)
        setup = wanted
      }
      return builder
    },
    take(unlessIn) {
      const from = left ?? (builder === unlessIn ? undefined : builder)
      left = undefined
      return from === undefined || from.rowCount === 0 ? undefined : from.take(nowhere)
    },
  }
}

/** The inputs of rows in hand have ended. */
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
