/* Fills target columns from templates (`mapping.set`), or from the part of the input's path that has the column's name. In `{symbol}.SZ`,
   braces take the text of a column or path part; `{{` means an opening brace. */
import { type InputError, option, usageError } from '../errors.js'
import {
  type CellSource,
  columnError,
  type InputShape,
  isOfInput,
  type MappedColumn,
  type MappingRules,
  ownText,
  type TextSource,
  textSources,
} from './cell-source.js'
import { type KnownNames, namedField } from './field-names.js'
import { nearestHint } from './nearest.js'
import type { TargetColumn, TargetSchema } from './target-schema.js'

export type TemplatePart = { readonly text: string } | { readonly name: string }

/** @param target  the column that the template fills, for messages @throws {UsageError} DDB_USAGE for an unclosed brace, or empty braces */
export function templateParts(text: string, target: string): readonly TemplatePart[] {
  const pieces = text.matchAll(/((?:[^{]|\{\{)+)|\{([^}]*)(\}?)/g)
  return Array.from(pieces, ([, literal, name = '', close]): TemplatePart => {
    if (literal !== undefined) return { text: literal.replaceAll('{{', '{') }
    if (close !== '' && name !== '') return { name }
    const what = close === '' ? 'a "{" without a "}"' : 'braces with nothing in them'
    throw usageError(
      `${option('mapping.set')} ${target}=${text} has ${what}: {NAME} stands for a column or a part of the path, {{ for an opening brace`,
    )
  })
}

/** The text of a template without names; undefined if the template has names. */
export function constantOf(parts: readonly TemplatePart[]): string | undefined {
  const texts = parts.flatMap(part => ('text' in part ? [part.text] : []))
  return texts.length === parts.length ? texts.join('') : undefined
}

/** The template that gives exactly this text. */
export function literalTemplate(text: string): string {
  return text.replaceAll('{', '{{')
}

export function templateNames(set: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(set).flatMap(([target, text]) =>
    templateParts(text, target).flatMap(part => ('name' in part ? [part.name] : [])),
  )
}

/** Names in templates for the input's path and pieces of it. Templates may also name `line`, columns and path parts. */
const inputWords = ['filename', 'dirname', 'path'] as const
export const lineWord = 'line'

export const isInputWord = (name: string): boolean => inputWords.some(word => word === name)

/**
 * Lets each part of `input.path` fill the column with its name, as if the user had set the column to `{NAME}`.
 * @throws {UsageError} DDB_USAGE if a part is named like a word that has a meaning in such texts, for example `path`
 * @throws {InputError} DDB_INPUT_COLUMN if a name is both a part and a column of the input
 */
export function withParts(
  { columns }: TargetSchema,
  input: InputShape,
  rules: MappingRules,
): MappingRules {
  const { parts = [], map, set } = rules
  const word = parts.find(name => isInputWord(name) || name === lineWord)
  if (word !== undefined) {
    throw usageError(
      `${option('input.path')} names a part "${word}", which has another meaning in templates: rename it`,
    )
  }
  const free = columns.filter(
    ({ name }) =>
      parts.includes(name) && ownText(map, name) === undefined && ownText(set, name) === undefined,
  )
  if (free.length === 0) return rules
  for (const { name } of free) {
    if (input.names?.includes(name) !== true || rules.match === 'position') continue
    throw columnError(
      input,
      name,
      `column "${name}" is both a part of the path of ${input.file} and one of its columns: rename the part in ${option('input.path')}, ` +
        'or write * in its place',
    )
  }
  return {
    ...rules,
    set: { ...set, ...Object.fromEntries(free.map(({ name }) => [name, `{${name}}`])) },
  }
}

/** @throws {UsageError} DDB_USAGE if no column uses a part `{NAME}` of `input.path`, because it may be a mistake */
export function checkParts(
  { columns }: TargetSchema,
  { parts = [], set = {} }: MappingRules,
): void {
  const unused = parts.find(name => !templateNames(set).includes(name))
  if (unused === undefined) return
  const names = columns.map(({ name }) => name)
  const hint = nearestHint(unused, names)
  throw usageError(
    `part "${unused}" of ${option('input.path')} goes nowhere${hint}: no column has this name, and no ${option('mapping.set')} holds {${unused}}. ` +
      'Write * in its place if it is not needed',
  )
}

/**
 * Turns the template of a column into the source of its cells.
 * @param columnOf  finds an input column by name. If there is none, it throws, or with `isOther` returns undefined,
 *   because the name is also a path part or a word such as `path` or `line`
 */
export function setSource(
  target: string,
  text: string,
  rules: MappingRules,
  columnOf: (name: string, isOther: boolean) => TextSource | undefined,
): CellSource {
  const parts = templateParts(text, target)
  const constant = constantOf(parts)
  if (constant !== undefined) return { kind: 'constant', text: constant }
  const sourceOf = (part: TemplatePart): TextSource => {
    if ('text' in part) return { kind: 'constant', text: part.text }
    const { name } = part
    const isInput = isInputWord(name) || rules.parts?.includes(name) === true
    const other = isInput ? ({ kind: 'input', name } as const) : ({ kind: 'line' } as const)
    return columnOf(name, isInput || name === lineWord) ?? other
  }
  return { kind: 'template', parts: parts.map(sourceOf) }
}

/** Finds a member of JSON records by any name that means nothing else. */
export const memberNamed = (name: string, isOther: boolean): TextSource | undefined =>
  isOther ? undefined : { kind: 'member', name }

/** Columns whose text depends only on the input's path. All rows of an input have the same text in such a column. */
export function inputColumns(target: TargetSchema, given: MappingRules): readonly MappedColumn[] {
  const rules = withParts(target, { file: '', kind: 'members', fieldCount: 0 }, given)
  return target.columns.flatMap(column => {
    const text = ownText(rules.set, column.name)
    if (text === undefined) return []
    const source = setSource(column.name, text, rules, memberNamed)
    const parts = textSources(source)
    const isKnown = parts.every(isOfInput) && parts.some(({ kind }) => kind === 'input')
    return isKnown ? [{ ...column, source }] : []
  })
}

/**
 * Finds a field by name or number, and throws if none matches.
 * @param isOther  true if the name has another meaning, such as a part of the path. Then returns undefined if no field
 *   has the name, and throws if one does
 */
export function templateField(
  name: string,
  isOther: boolean,
  known: KnownNames,
  input: InputShape,
  { column, text }: { readonly column: TargetColumn; readonly text: string },
): TextSource | undefined {
  const of = `${option('mapping.set')} ${column.name}=${text}`
  const fault = (what: string): InputError => columnError(input, name, `${of}: ${what}`)
  const index = namedField(name, known, new Map([[name.toLowerCase(), name]]))
  if (known.twice.has(name)) {
    throw fault(
      `the header of ${input.file} has column "${name}" twice: give its number, {1} for the first`,
    )
  }
  if (isOther) {
    if (!known.indexes.has(name)) return undefined
    throw fault(
      `{${name}} names a text of the input itself, but ${input.file} also has a column of this name: write {${index + 1}} for the column, ` +
        'or rename the part of the path',
    )
  }
  if (index >= 0) return { kind: 'field', index }
  const number = /^[1-9]\d{0,8}$/.test(name) ? Number(name) : 0
  if (number > 0 && number <= input.fieldCount) return { kind: 'field', index: number - 1 }
  const hint = nearestHint(name, [...known.indexes.keys()])
  throw fault(
    input.names === undefined
      ? `${input.file} has no names, so {${name}} cannot be one of its columns: give the number of a field, {1} to {${input.fieldCount}}, or have ${option('input.path')} name a part "${name}"`
      : `{${name}} is neither a column of ${input.file} nor a part of its path${hint}`,
  )
}
