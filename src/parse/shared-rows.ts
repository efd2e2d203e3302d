/*
  What successive inputs share: their columns, and the rows left at the end of an input.
*/
import { BatchBuilder, type BuilderSetup } from './batch-builder.js'
import type { Batch, ResumePoint } from './batch.js'
import { RecordBlock } from './record-block.js'
import { sourceFields } from './sourced-column.js'

/** One for all inputs of a run, passed to their readers in turn. */
export interface SharedRows {
  /** A block for records of this many fields; only one reader uses it at a time. */
  blockFor(fieldCount: number): RecordBlock
  /** The rows in hand begin a batch that a piece of the next input continues. */
  continues: boolean
  /** As `sourceFields`, without making them anew for each of many alike inputs. */
  fieldsFor(...args: Parameters<typeof sourceFields>): ReturnType<typeof sourceFields>
  /** Rows in hand: there is a batch to take. */
  readonly rowCount: number
  /** The columns for an input; reuses earlier ones if everything in the setup is identical. */
  builderFor(setup: BuilderSetup): BatchBuilder
  /**
   * The rows in hand as a batch, unless they are in the given columns and can grow there.
   * @returns undefined if there are none
   */
  take(unlessIn?: BatchBuilder): Batch | undefined
}

export function newSharedRows(): SharedRows {
  let setup: BuilderSetup | undefined
  let builder: BatchBuilder | undefined
  /** Earlier columns, with rows that do not fit together with the next ones. */
  let left: BatchBuilder | undefined
  let block: RecordBlock | undefined
  let last: { mapping: unknown; fieldOf: unknown; fields: number[][] } | undefined
  return {
    continues: false,
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

/** Rows in hand come from inputs that have ended. */
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
