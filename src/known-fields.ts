/*
  Refuses fields that no option has: a misspelt option would be ignored, and callers in plain JavaScript have no compiler.
*/
import { usageError } from './errors.js'
import { nearestNames } from './schema/nearest.js'

/** The fields of options. `true`: a value, whose own fields are not checked. */
export interface Fields {
  readonly [name: string]: true | Fields
}

/** Names every field of `Options`; a group of options also names its own. */
export type FieldsOf<Options> = { readonly [Name in keyof Required<Options>]: true | Fields }

/** @throws {UsageError} DDB_USAGE with the name of the field that is probably meant */
export function checkFields(given: unknown, fields: Fields, place = '', all = fields): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    const what = place === '' ? 'options are' : `\`${place}\` is`
    throw usageError(`${what} an object with fields such as ${listed(Object.keys(fields))}`)
  }
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue
    const path = pathOf(place, name)
    const inner = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (inner === undefined)
      throw usageError(`there is no option \`${path}\`: ${meant(name, fields, place, all)}`)
    if (inner !== true) checkFields(value, inner, path, all)
  }
}

const pathOf = (place: string, name: string): string => (place === '' ? name : `${place}.${name}`)

/** What the caller probably means by a name that the fields of a place do not have. */
function meant(name: string, fields: Fields, place: string, all: Fields): string {
  const paths = pathsIn(all)
  const elsewhere = paths.filter(path => path.split('.').at(-1) === name)
  if (elsewhere.length > 0) return `write ${listed(elsewhere)}`
  const own = Object.keys(fields)
  const [near] = nearestNames(name, own)
  return near === undefined
    ? `the options are ${listed(own)}`
    : `did you mean \`${pathOf(place, near)}\`?`
}

const pathsIn = (fields: Fields, place = ''): string[] =>
  Object.entries(fields).flatMap(([name, inner]) => {
    const path = pathOf(place, name)
    return inner === true ? [path] : [path, ...pathsIn(inner, path)]
  })

const mostListed = 12

function listed(names: readonly string[]): string {
  const shown = names.slice(0, mostListed).map(name => `\`${name}\``)
  return `${shown.join(', ')}${names.length > mostListed ? ' and others' : ''}`
}
