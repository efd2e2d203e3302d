/* How a run finds and reads its inputs, as its options and a look at each input decide. */
import { DdbError } from '../../errors.js'
import { newTextCheck } from '../../parse/mapped-columns.js'
import { dataExtensions, openReader, type ReaderOptions } from '../../parse/formats.js'
import type { InputReader } from '../../parse/record-reader.js'
import type { Files } from '../../platform/platform.js'
import { systemFiles } from '../../platform/system-files.js'
import type { MappingRules } from '../../schema/cell-source.js'
import { inputColumns } from '../../schema/set-columns.js'
import { withArchives } from '../../source/archive/archives.js'
import type { ByteSource } from '../../source/byte-source.js'
import {
  expandSources,
  type ExpandedSources,
  type ExpandOptions,
} from '../../source/expand-sources.js'
import { newPathReader, refuseOtherTexts } from '../../source/path/input-texts.js'
import type { InputOptions, LoadOptions } from '../options.js'
import type { Run } from '../run.js'
import { cellsOf, dialectOf } from './detected.js'

/** Expands sources to inputs whose paths match. @throws {InputError} DDB_INPUT_MISSING, DDB_INPUT_COLUMN @throws {UsageError} DDB_USAGE */
export async function expandInputs(
  inputs: readonly string[],
  { path, include }: Pick<InputOptions, 'path' | 'include'>,
  looking: Pick<ExpandOptions, 'files' | 'stdin' | 'onInput'>,
): Promise<ExpandedSources> {
  const reader = newPathReader(path === undefined ? {} : { path })
  const found = await expandSources(inputs, {
    ...looking,
    files: withArchives(looking.files ?? systemFiles),
    extensions: dataExtensions,
    include,
    onSame: (one, other) => refuseOtherTexts(reader, one, other),
  })
  if (path !== undefined) for (const one of found.paths) reader.read(one)
  return found
}

/** @param known  replaces options of the user @throws {InputError} @throws {UsageError} DDB_USAGE if a header is uncertain */
export function openRecords(
  { options, target: schema }: Pick<Run, 'options' | 'target'>,
  source: ByteSource,
  known: ReaderOptions = {},
): Promise<InputReader> {
  const mapping = rulesFor(source.name, options)
  const target =
    schema.columns.length === 0 ? undefined : { schema, mapping, cells: cellsOf(options) }
  return openReader(source, { ...dialectOf(options), target, ...known })
}

export function rulesFor(name: string, { input, mapping }: LoadOptions): MappingRules {
  return { ...mapping, parts: newPathReader(input).read(name).parts }
}

export interface NamedInputs extends Pick<ExpandedSources, 'paths' | 'sizes'> {
  /** The inputs' names in the journal, and in messages and texts of columns. */
  readonly names: readonly string[]
  /** Opens the inputs; default: the machine's files. */
  readonly files?: Files | undefined
}

/** The error for an unfit header of a later input; advises what to do about earlier inputs that were sent. */
export function laterHeaderError(error: unknown): unknown {
  const misfits = ['DDB_INPUT_COLUMN', 'DDB_USAGE']
  if (!(error instanceof DdbError) || !misfits.includes(error.code)) return error
  const message = `${error.message}. The inputs before it were sent: load it and those after it in a separate run`
  // What would fix the header of this input would change how the others are read.
  return Object.assign(error, { message, fix: undefined })
}

/** @throws {InputError} DDB_INPUT_COLUMN if a text in an input's name is not a value of the column it fills */
export function checkInputTexts({ options, target }: Run, names: Iterable<string>): void {
  const { input, mapping, cells = {} } = options
  if (input?.path === undefined && mapping?.set === undefined) return
  const reader = newPathReader(input)
  const checks = new Map<string, ReturnType<typeof newTextCheck>>()
  for (const name of names) {
    const { parts, texts } = reader.read(name)
    const key = parts.join('/')
    const check =
      checks.get(key) ?? newTextCheck(inputColumns(target, { ...mapping, parts }), cells)
    checks.set(key, check)
    check(name, texts)
  }
}
