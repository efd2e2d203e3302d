/*
  Options for finding the columns of inputs, and what is known while the inputs are examined.
*/
import type { CellOptions, CellRules } from '../parse/cell-rules.js'
import type { FoundTable } from '../parse/csv/find-table.js'
import type { ReaderOptions } from '../parse/formats.js'
import type { Files } from '../platform/platform.js'
import type { TargetColumn } from '../schema/target-schema.js'
import type { ByteSource } from '../source/byte-source.js'
import type { SourceOptions } from '../source/open-source.js'
import type { PathReader } from '../source/path/input-texts.js'
import type { ColumnProbe } from './column-probe.js'
import type { FieldColumn } from './field-columns.js'
import type { InferredInput } from './inferred-schema.js'
import type { InputFields } from './input-fields.js'
import type { JsonColumns } from './json-columns.js'
import type { SetTexts } from './set-probes.js'
import type { Totals } from './totals.js'

export interface InferOptions {
  /** Files, or `-`. */
  readonly paths: readonly string[]
  readonly files: Files
  readonly source: Pick<SourceOptions, 'compression' | 'encoding' | 'stdin'>
  readonly reader: ReaderOptions
  readonly cells: CellRules & Pick<CellOptions, 'offsets'>
  /** Target column → column of the input. */
  readonly map: Readonly<Record<string, string>>
  /** Target column → text, with names in braces. */
  readonly set: Readonly<Record<string, string>>
  /** Types of columns, whatever is found. */
  readonly types?: readonly TargetColumn[]
  /** Reads the texts in the inputs' names. */
  readonly names: PathReader
  /** Columns are identified by position, whatever a header says. */
  readonly byPosition: boolean
  /** The table will be a DFS table. */
  readonly intoDfs: boolean
  /** Proposes no options that apply to all columns. */
  readonly isPlain?: boolean
  /** Pairs such as yes and no become BOOL, whose words options have to name; otherwise they are texts. */
  readonly proposesTruths?: boolean
  /** Most records to examine; default all. */
  readonly sample?: number
  /** Asked before every piece of input. */
  readonly stopped?: () => boolean
  /** Called before each input is opened, and before every piece of it. */
  readonly onLook?: (place: LookedPlace) => void
}

/** What is being looked at. */
export interface LookedPlace {
  /** Number of the input, from 1, and of how many. */
  readonly number: number
  readonly count: number
  /** The open input, whose `bytesRead` grows; undefined before it is open. */
  readonly source: Pick<ByteSource, 'bytesRead' | 'totalBytes'> | undefined
}

/** Results over several inputs. */
export interface Found {
  rows: number
  rejected: number
  firstReject: string | undefined
  readonly inputs: InferredInput[]
  /** Content bytes of records examined, and of all inputs, as far as known. */
  recordBytes: number
  totalBytes: number
  isComplete: boolean
  /** Of the first input that has columns. */
  fields: InputFields | undefined
  columns: readonly FieldColumn[]
  /** Fields that fill no column because their columns are set. */
  unused: readonly number[]
  /** One for each column. */
  probes: readonly ColumnProbe[]
  json: JsonColumns | undefined
  rules: CellRules | undefined
  /** Text above and below the table of the first input. */
  table: FoundTable | undefined
  /** Undefined if they are looked at as rows. */
  readonly totals: Totals | undefined
  /** Of the first input; undefined without one. */
  set: SetTexts | undefined
  readonly setProbes: Map<string, ColumnProbe>
  /** Fields used by templates are not columns unless they are mapped. */
  readonly takenFields: Set<number>
  readonly takenMembers: Set<string>
}
