/*
  Examines the columns that are filled by parts of paths or by templates (texts of `mapping.set` with names of fields in
  braces). Builds the texts of these columns as a run does. Fields that templates use do not become columns themselves.
*/
import { cellsOf, TemplateText } from '../parse/columns/template-column.js'
import { maxBlockRows, type RecordBlock } from '../parse/record-block.js'
import { textSources, type InputShape, type TextSource } from '../schema/cell-source.js'
import { mapColumns } from '../schema/column-mapping.js'
import { constantOf, templateNames, templateParts } from '../schema/template.js'
import type { NamedTexts } from '../source/path/input-texts.js'
import type { ColumnProbe } from './column-probe.js'
import type { JsonColumns } from './json-columns.js'

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

/** The members in the last block of JSON. */
type Members = Pick<JsonColumns, 'bytes' | 'cells'>

export interface TemplateLook {
  /** Indexes of the fields that the templates of `mapping.set` use. */
  readonly fields: ReadonlySet<number>
  /** Names of the JSON members that the templates of `mapping.set` use. */
  readonly members: ReadonlySet<string>
  look(block: RecordBlock, members?: Members): void
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
  const rules = { set: templates, parts, ignoreExtra: true, ...(match && { match }) }
  const looks = mapColumns({ columns }, shape, rules).columns.map(({ name, source }) => {
    const pieces = textSources(source)
    const text = new TemplateText(pieces, maxBlockRows)
    text.setTexts(texts)
    return { probe: probeOf(name, pieces.every(isOfInput)), pieces, text }
  })
  const pieces = looks.flatMap(look => look.pieces)
  return {
    fields: new Set(pieces.flatMap(one => (one.kind === 'field' ? one.index : []))),
    members: new Set(pieces.flatMap(one => (one.kind === 'member' ? one.name : []))),
    look(block, members) {
      const { rowCount, lineNumbers } = block
      const { bytes } = members ?? block
      for (const { probe, pieces, text } of looks) {
        const cells = pieces.flatMap(one =>
          one.kind === 'field'
            ? cellsOf(block, [one.index])
            : one.kind === 'member'
              ? members!.cells(one.name)
              : [],
        )
        const composed = text.compose(
          { bytes, rowCount, lineNumbers, numberCells: undefined },
          cells,
        )
        composed.lineNumbers.set(lineNumbers.subarray(0, rowCount))
        probe.look(composed, 0, shape.file)
      }
    },
  }
}

const isOfInput = ({ kind }: TextSource): boolean => kind === 'input' || kind === 'constant'
