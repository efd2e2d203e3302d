/*
  Why a JSON record is not a row although it is JSON.
*/
import { option } from '../../errors.js'
import { nearestHint } from '../../schema/nearest.js'
import type { Fault } from '../record-block.js'
import { clippedText } from '../shown-text.js'
import { jsonKinds, kindsText } from './json-kinds.js'
import type { JsonMember } from './json-members.js'
import type { JsonScanner } from './json-scanner.js'

/** The end of each message that refuses NaN or an infinity. */
const notJsonAdvice = 'which is neither a value nor a null: use null instead'

export const notFiniteFault: Fault = {
  code: 'DDB_INPUT_JSON',
  message: `the record holds NaN or an infinity, ${notJsonAdvice}`,
}

/** The fault of a record of the wrong kind. @param byPosition  true if records must be arrays */
export function recordFault(kind: number, byPosition: boolean): Fault {
  const advice =
    kind === jsonKinds.array
      ? `, whose elements have no names: ${option('mapping.match')} position fills the columns in their order`
      : ''
  const message = `a record is ${byPosition ? 'an array' : 'an object'}, not ${kindsText(kind)}${advice}`
  return { code: 'DDB_INPUT_JSON', message }
}

/** The fault of the value that was scanned last, if its column takes only these kinds. */
export function kindFault(
  { bytes, textStart, textEnd, kind }: JsonScanner,
  { columnName, typeText, formatHint }: JsonMember,
  kinds: number,
): Fault {
  const hint = kind === jsonKinds.number ? formatHint?.(bytes, textStart, textEnd) : undefined
  const value = clippedText(bytes, textStart, textEnd)
  const got = kind === jsonKinds.string ? `the string "${value}"` : value
  const advice = kind === jsonKinds.notFinite ? `, ${notJsonAdvice}` : ''
  const message = `${typeText} column "${columnName}": expected ${kindsText(kinds)}${hint === undefined ? '' : `, ${hint}`}, got ${got}${advice}`
  return { code: 'DDB_INPUT_CELL', class: 'type', message, columnName, value }
}

export function surrogateFault({ columnName, typeText }: JsonMember): Fault {
  const message = `${typeText} column "${columnName}": half of a surrogate pair is not text`
  return { code: 'DDB_INPUT_ENCODING', message, columnName }
}

/** The fault of a member, or by position an element, that no column takes. @param prefix  of the names in its object */
export function extraFault(
  prefix: string,
  key: string,
  members: readonly JsonMember[],
  byPosition: boolean,
): Fault {
  const names = members.map(member => member.name)
  const name = `${prefix}${key}`
  const hint = byPosition ? '' : nearestHint(name, names)
  const text = Buffer.from(key)
  return {
    code: 'DDB_INPUT_MEMBER',
    message: `${called(name, byPosition)} goes nowhere${hint}: map it with ${option('mapping.map')}, or pass over it with ${option('mapping.ignoreExtra')}`,
    value: clippedText(text, 0, text.length),
  }
}

export function missingFault({ name, columnName }: JsonMember, byPosition: boolean): Fault {
  const message = `the record has no ${called(name, byPosition)}: name another with ${option('mapping.map')}, or leave it null with ${option('mapping.allowMissing')}`
  return { code: 'DDB_INPUT_MEMBER', message, columnName }
}

export function twiceFault(name: string, { columnName }: JsonMember): Fault {
  return {
    code: 'DDB_INPUT_MEMBER',
    message: `the record has member "${name}" twice`,
    columnName,
  }
}

const called = (name: string, byPosition: boolean): string =>
  byPosition ? `element ${name}` : `member "${name}"`
