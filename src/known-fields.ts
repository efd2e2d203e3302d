/* Refuses fields that no option has, which would be ignored, and values of wrong kinds: callers in plain JavaScript have no compiler. */
import { option, usageError } from './errors.js'
import { nearestNames } from './schema/nearest.js'

/** Says what a value must be, such as `a text`; undefined if it is that. */
export type Kind = (value: unknown) => string | undefined

/** The fields of options. `true`: any value. */
export interface Fields {
  readonly [name: string]: true | Kind | Fields
}

/** Names every field of `Options`; a group of options also names its own. */
export type FieldsOf<Options> = { readonly [Name in keyof Required<Options>]: true | Kind | Fields }

export const kind =
  (expected: string, fits: (value: unknown) => boolean): Kind =>
  value =>
    fits(value) ? undefined : expected

const isText = (value: unknown): boolean => typeof value === 'string'
const isRecord = (value: unknown): boolean =>
  isPlain(value) && Object.values(value as object).every(isText)

// Messages do not repeat texts: one may be a password.
export const text = kind('a text', isText)
export const texts = kind('a list of texts', all => Array.isArray(all) && all.every(isText))
export const record = kind('an object with texts', isRecord)
export const list = kind('a list', Array.isArray)
export const flag = kind('true or false', value => typeof value === 'boolean')

export const signal = kind('an AbortSignal', value => value instanceof AbortSignal)

export function oneOf(...texts: readonly string[]): Kind {
  return kind(`one of ${texts.join(', ')}`, value => texts.includes(value as string))
}

export function whole(least: number, most = Number.MAX_SAFE_INTEGER): Kind {
  const range =
    most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`
  const fits = (value: unknown): boolean =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
  return value => {
    const found = typeof value === 'string' ? `the text "${value}"` : String(value)
    return fits(value) ? undefined : `a whole number ${range}, not ${found}`
  }
}

/** @returns a copy, which the caller cannot change during the call @throws {UsageError} DDB_USAGE with the name of the field that is probably meant */
export function checkFields<T>(given: T, fields: Fields, place = '', all = fields): T {
  // Not a promise or a map, whose members are not what they hold.
  if (!/^\[object (Object|Module)\]$/.test(Object.prototype.toString.call(given))) {
    const what = place === '' ? 'options are' : `\`${place}\` is`
    throw usageError(`${what} an object with fields such as ${listed(Object.keys(fields))}`)
  }
  const copy: Record<string, unknown> = {}
  const names = new Set(Object.keys(fields))
  // Inherited options count, and members of a class, which cannot be listed. None is read twice: a getter might answer differently.
  for (const name in given) names.add(name)
  for (const name of names) {
    const value: unknown = given[name as keyof T]
    if (value === undefined) continue
    const path = pathOf(place, name)
    const inner = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (inner === undefined)
      throw usageError(`there is no option \`${path}\`: ${meant(name, fields, place, all)}`)
    const expected = typeof inner === 'function' ? inner(value) : undefined
    if (expected !== undefined) throw usageError(`${option(path)} is ${expected}`)
    if (typeof inner === 'object') copy[name] = checkFields(value, inner, path, all)
    else if (typeof inner === 'function') copy[name] = copied(value)
    else copy[name] = Array.isArray(value) ? [...(value as unknown[])] : value
  }
  return copy as T
}

function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copied)
  if (!isPlain(value)) return value
  return Object.fromEntries(Object.entries(value as object).map(([key, one]) => [key, copied(one)]))
}

/** False for instances of classes, such as promises and maps, whose members are not what they hold. */
export function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Whether a value that people may have written is an object whose fields of these names are of their kinds. It may have others. */
export function hasFields(value: unknown, fields: Fields): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.entries(fields).every(([name, inner]) => {
    const one = (value as Readonly<Record<string, unknown>>)[name]
    if (typeof inner === 'object') return hasFields(one, inner)
    return inner === true || inner(one) === undefined
  })
}

const pathOf = (place: string, name: string): string => (place === '' ? name : `${place}.${name}`)

/** What the caller probably means by a name that the fields of a place do not have. */
function meant(name: string, fields: Fields, place: string, all: Fields): string {
  const elsewhere = pathsIn(all).filter(path => path.split('.').at(-1) === name)
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
    return typeof inner === 'object' ? [path, ...pathsIn(inner, path)] : [path]
  })

const mostListed = 12

function listed(names: readonly string[]): string {
  const shown = names.slice(0, mostListed).map(name => `\`${name}\``)
  return `${shown.join(', ')}${names.length > mostListed ? ' and others' : ''}`
}
