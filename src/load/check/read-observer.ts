/*
  The observer of a dry run, which reads its inputs and sends nothing.
*/
import type { OpenedReader } from '../../parse/formats.js'
import type { InputTexts } from '../../parse/columns/template-column.js'
import type { ColumnMapping } from '../../schema/cell-source.js'
import type { AnyReject } from '../rejects/reject.js'

export interface ReadDecision {
  readonly mapping: ColumnMapping
  readonly maxRows: number
  /** True if target and input do not fit, or the target does not exist: every field is then read as text. */
  readonly isUnfit: boolean
}

/** A run calls these functions for one input at a time. */
export interface ReadObserver {
  /**
   * Called after an input is opened, and before its first row is read.
   * @param map  throws if target and input do not fit
   * @param texts  taken from the path of the input
   */
  opened(
    path: string,
    reader: OpenedReader,
    map: () => ColumnMapping,
    texts: InputTexts,
  ): ReadDecision
  rejected(reject: AnyReject): void
  /** Called when nothing more will be read of the input opened last. */
  closed(reader: OpenedReader): void
}
