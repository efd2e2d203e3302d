/*
  The options for examining inputs, and the results so far.
*/
import type { ErrorCode } from '../errors.js'
import type { CellOptions, CellRules } from '../parse/cell-rules.js'
import type { AssumedHeader } from '../parse/csv/assume-header.js'
import type { FoundQuotes } from '../parse/csv/find-quotes.js'
import type { ReaderOptions } from '../parse/formats.js'
import type { Files } from '../platform/platform.js'
import type { TargetColumn } from '../schema/target-schema.js'
import type { ByteSource } from '../source/byte-source.js'
import type { SourceOptions } from '../source/open-source.js'
import type { PathReader } from '../source/path/input-texts.js'
import type { ColumnProbe } from './column-probe.js'
import type { FieldColumn, InputFields } from './column-names.js'
import type { InferredInput } from './inferred-schema.js'
import type { JsonColumns } from './json-columns.js'
import type { SetTexts } from './set-probes.js'
import type { Totals } from './totals.js'

export interface InferOptions {
  /** Paths of files, or `-`. */
  readonly paths: readonly string[]
  readonly files: Files
  readonly source: Pick<SourceOptions, 'compression' | 'encoding' | 'stdin'>
  readonly reader: ReaderOptions
  readonly cells: CellRules & Pick<CellOptions, 'offsets'>
  /** Target column → input column. */
  readonly map: Readonly<Record<string, string>>
  /** Target column → template: a text that may contain fields in braces (`template.ts`). */
  readonly set: Readonly<Record<string, string>>
  /** Types that the user gave for columns. */
  readonly types?: readonly TargetColumn[]
  /** Columns of an existing table. Their names stay unchanged. */
  readonly existing?: ReadonlySet<string> | undefined
  /** Finds the texts that `input.path` takes from the inputs' paths. */
  readonly names: PathReader
  /** True to identify columns by position, even if the input has a header. */
  readonly byPosition: boolean
  readonly intoDfs: boolean
  /** True to guess whether an unclear first record is a header. Only for callers that show the guess before a load. */
  readonly assumesHeader?: boolean
  /** True to propose BOOL for pairs such as yes and no, with options for these words. Otherwise pairs stay texts. */
  readonly proposesTruths?: boolean
  /** Limit of the records to examine; default all. */
  readonly sample?: number
  /** Asked before every piece of input; true ends the examination. */
  readonly stopped?: () => boolean
  /** Called before each input is opened, and before each piece of an input is read. */
  readonly onLook?: (place: ReadingPlace) => void
}

export interface ReadingPlace {
  /** Number of the input, from 1, and the count of all inputs. */
  readonly number: number
  readonly count: number
  /** The open input, whose `bytesRead` grows; undefined before it is open. */
  readonly source: Pick<ByteSource, 'bytesRead' | 'totalBytes'> | undefined
}

/** Results for all inputs examined so far. */
export class Findings {
  rows = 0
  rejected = 0
  firstReject: string | undefined
  /** Why: the code of the first reject. */
  firstCode: ErrorCode | undefined
  readonly inputs: InferredInput[] = []
  /** `recordBytes` counts the bytes of examined records; `totalBytes` those of all inputs, partly estimated. */
  recordBytes = 0
  totalBytes = 0
  isComplete = true
  /** Fields of the first input that has columns. */
  fields: InputFields | undefined
  columns: readonly FieldColumn[] = []
  /** Indexes of fields that fill no column, because `mapping.set` fills their columns. */
  unused: readonly number[] = []
  probes: readonly ColumnProbe[] = []
  json: JsonColumns | undefined
  rules: CellRules | undefined
  /** The unusual meaning of quotes in the first input. */
  quotes: FoundQuotes | undefined
  /** Whether the first record of the first input was assumed to be a header; undefined if nothing was assumed. */
  assumedHeader: AssumedHeader | undefined
  /** Records of sums, such as a line that begins with "Total"; undefined if the program did not look for them. */
  readonly totals: Totals | undefined
  /** Templates and constants for the first input; undefined before the first input is read. */
  set: SetTexts | undefined
  readonly setProbes = new Map<string, ColumnProbe>()
  /** Fields that templates use. Such a field becomes a column of its own only if `mapping.map` names it, too. */
  readonly takenFields = new Set<number>()
  readonly takenMembers = new Set<string>()

  constructor(totals: Totals | undefined) {
    this.totals = totals
  }
}
