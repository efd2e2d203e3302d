/*
  Examines the columns that are filled by parts of paths or by templates (texts of `mapping.set` with names of fields in
  braces). Builds the texts of these columns as a run does. Fields that templates use do not become columns themselves.
*/
import {
  cellsOf,
  TemplateText,
  type FieldCells,
  type InputTexts,
} from '../parse/columns/template-column.js'
import type { RecordBlock } from '../parse/record-block.js'
import { fieldsUsed, textSources, type CellSource, type InputShape } from '../schema/cell-source.js'
import { mapColumns } from '../schema/column-mapping.js'
import { constantOf, templateNames, templateParts } from '../schema/template.js'
import type { NamedTexts } from '../source/path/input-texts.js'
import type { ColumnProbe } from './column-probe.js'

export interface SetTexts {
  /** Target column → template. For a part of the path, the template is `{part}`. */
  readonly templates: Readonly<Record<string, string>>
  /** Target column → text. */
  readonly constants: Readonly<Record<string, string>>
}

/** @param parts  names of path parts. A name becomes a column if no template uses it and it is not a key of `set` */
export function setTexts(
  set: Readonly<Record<string, string>>,
  parts: readonly string[],
): SetTexts {
  const held = new Set([...templateNames(set), ...Object.keys(set)])
  const templates: Record<string, string> = {}
  const constants: Record<string, string> = {}
  for (const [name, text] of Object.entries(set)) {
    const constant = constantOf(templateParts(text, name))
    if (constant === undefined) templates[name] = text
    else constants[name] = constant
  }
  for (const name of parts) if (!held.has(name)) templates[name] = `{${name}}`
  return { templates, constants }
}

/** The cells of a block, looked up by the name of a JSON member. */
export interface BlockCells {
  readonly bytes: Uint8Array
  field(name: string): FieldCells
}

export interface TemplateLook {
  /** Indexes of the fields that the templates of `mapping.set` use. */
  readonly fields: ReadonlySet<number>
  /** Names of the JSON members that the templates of `mapping.set` use. */
  readonly members: ReadonlySet<string>
  look(block: RecordBlock, members?: BlockCells): void
}

/**
 * @param probeOf  returns the probe of a column; `isOfInput` means that the column depends only on the input's path
 * @throws {InputError} DDB_INPUT_COLUMN if the input lacks a field that a template names
 * @throws {UsageError} DDB_USAGE for templates that do not fit the input
 */
export function newTemplateLook(
  templates: SetTexts['templates'],
  shape: InputShape,
  match: 'name' | 'position' | undefined,
  { parts, texts }: NamedTexts,
  probeOf: (name: string, isOfInput: boolean) => ColumnProbe,
): TemplateLook {
  const columns = Object.keys(templates).map(name => ({ name, type: { type: 'STRING' as const } }))
  const rules = {
    set: templates,
    parts,
    ignoreExtra: true,
    ...(match === undefined ? {} : { match }),
  }
  const mapping = mapColumns({ columns }, shape, rules)
  const sources = mapping.columns.map(({ source }) => source)
  const looks = mapping.columns.map(({ name, source }) =>
    newLook(source, texts, shape.file, probeOf(name, textSources(source).every(isOfInput))),
  )
  const members = sources.flatMap(source =>
    textSources(source).flatMap(one => (one.kind === 'member' ? [one.name] : [])),
  )
  return {
    fields: fieldsUsed(sources),
    members: new Set(members),
    look(block, cells) {
      for (const look of looks) look(block, cells)
    },
  }
}

const isOfInput = ({ kind }: { kind: string }): boolean => kind === 'input' || kind === 'constant'

function newLook(
  source: CellSource,
  texts: InputTexts,
  file: string,
  probe: ColumnProbe,
): TemplateLook['look'] {
  const parts = textSources(source)
  let text: TemplateText | undefined
  return (block, cells) => {
    text ??= new TemplateText(parts, block.rowCapacity)
    text.setTexts(texts)
    const { rowCount, lineNumbers } = block
    const { bytes } = cells ?? block
    const fields = parts.flatMap(part => {
      if (part.kind === 'field') return cellsOf(block, [part.index])
      return part.kind === 'member' ? (cells?.field(part.name) ?? []) : []
    })
    const from = { bytes, rowCount, lineNumbers, numberCells: undefined }
    const composed = text.compose(from, fields)
    composed.lineNumbers.set(lineNumbers.subarray(0, rowCount))
    probe.look(composed, 0, file)
  }
}
