/*
  Examines the columns that are filled by parts of paths or by templates (texts of `mapping.set`, maybe with names of fields in
  braces). Builds the texts of these columns as a run does. Fields that templates use do not become columns themselves.
*/
import type { CellRules } from '../parse/cell-rules.js'
import { cellsOf, oneRow, TemplateText } from '../parse/columns/template-text.js'
import { NullTexts } from '../parse/cells/cell-words.js'
import type { RecordBlock } from '../parse/record-block.js'
import { isOfInput, textSources, type InputShape } from '../schema/cell-source.js'
import { mapColumns } from '../schema/column-mapping.js'
import { templateNames } from '../schema/template.js'
import type { NamedTexts } from '../source/path/input-texts.js'
import type { ColumnProbe } from './column-probe.js'
import type { JsonColumns } from './json-columns.js'

/** The templates of `set`, and one for the name of each part of the path that they neither use nor fill. */
export function setTemplates(
  set: Readonly<Record<string, string>>,
  parts: readonly string[],
): Readonly<Record<string, string>> {
  const held = new Set([...templateNames(set), ...Object.keys(set)])
  const free = parts.filter(name => !held.has(name))
  return { ...set, ...Object.fromEntries(free.map(name => [name, `{${name}}`])) }
}

export type TemplateLook = ReturnType<typeof newTemplateLook>

/**
 * @param probeOf  returns the probe of a column; `isOfInput` means that the column depends only on the input's path
 * @throws {InputError} DDB_INPUT_COLUMN if the input lacks a field that a template names
 * @throws {UsageError} DDB_USAGE for templates that do not fit the input
 */
export function newTemplateLook(
  templates: Readonly<Record<string, string>>,
  shape: InputShape,
  match: 'name' | 'position',
  { nullTexts = [] }: CellRules,
  { parts, texts }: NamedTexts,
  probeOf: (name: string, isOfInput: boolean) => ColumnProbe,
) {
  const columns = Object.keys(templates).map(name => ({ name, type: { type: 'STRING' as const } }))
  const rules = { set: templates, parts, ignoreExtra: true, match }
  const looks = mapColumns({ columns }, shape, rules).columns.map(({ name, source }) => {
    const pieces = textSources(source)
    const text = new TemplateText(pieces)
    text.setTexts(texts)
    return { probe: probeOf(name, pieces.every(isOfInput)), pieces, text }
  })
  const pieces = looks.flatMap(look => look.pieces)
  const fields = new Set(pieces.flatMap(one => (one.kind === 'field' ? one.index : [])))
  const nulls = new NullTexts(nullTexts)
  return {
    /** Indexes of the fields, and names of the JSON members, that the templates of `mapping.set` use. */
    fields,
    members: new Set(pieces.flatMap(one => (one.kind === 'member' ? one.name : []))),
    /** @param json  the members in the block of JSON */
    look(block: RecordBlock, json?: JsonColumns): void {
      for (const field of fields) nulls.apply(block, field, true)
      for (const { probe, pieces, text } of looks) {
        const cells = pieces.flatMap(one =>
          one.kind === 'field'
            ? cellsOf(block, [one.index])
            : one.kind === 'member'
              ? json!.cells(one.name)
              : [],
        )
        const composed = text.compose({ ...block, numberCells: undefined }, cells)
        composed.lineNumbers.set(block.lineNumbers.subarray(0, block.rowCount))
        probe.look(composed, 0, shape.file)
      }
    },
    /** Examines the texts that depend only on the input, as if it had a row. */
    lookWithoutRows(): void {
      for (const { probe, pieces, text } of looks) {
        if (pieces.every(isOfInput)) probe.look(text.compose(oneRow, []), 0, shape.file)
      }
    },
  }
}
