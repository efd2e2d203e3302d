/* Tests types with elements of a fixed size from tables: a JavaScript value, its bytes computed by hand, and its text. */
import type { Test } from 'tap'
import {
  type ElementValue,
  type FixedType,
  elementBytes,
  formatScalar,
  nullElement,
  scalarAt,
  vectorOf,
} from '../../../src/protocol/element.js'
import type { FixedVector } from '../../../src/protocol/value.js'
import { decoded, encoded } from '../../helpers/codec.js'

export type FixedCase = readonly [value: ElementValue, bytes: string, text: string]

/** Checks each value in a column, as a scalar and as text. The given bytes are those after the flag of a scalar. */
export function checkCases(t: Test, type: FixedType, cases: readonly FixedCase[]): void {
  const values = cases.map(([value]) => value)
  const column = vectorOf({ type }, values) as FixedVector
  const bytes = Buffer.from(elementBytes(column))
  t.equal(bytes.toString('hex'), cases.map(([, each]) => each).join(''), `${type}: a column`)
  for (const [i, [value, each, text]] of cases.entries()) {
    const scalar = scalarAt(column, i)
    t.strictSame(scalar.value, value, `${type}: element ${text}`)
    const travelled = encoded(scalar)
    t.equal(travelled.subarray(2).toString('hex'), each, `${type}: scalar ${text}`)
    t.strictSame(decoded(travelled), scalar, `${type}: scalar ${text} is read back`)
    if (value !== null) t.equal(formatScalar(scalar), text, `${type}: text ${text}`)
    else t.equal(Buffer.from(nullElement(type)).toString('hex'), each, `${type}: the null`)
  }
}

/** Checks that a column of the type refuses these values. */
export function checkRefused(
  t: Test,
  type: FixedType,
  refused: readonly (readonly [value: unknown, code: string])[],
): void {
  for (const [value, code] of refused) {
    const act = (): unknown => vectorOf({ type }, [value as ElementValue])
    t.throws(act, { code }, `${type}: ${typeof value} ${String(value)}`)
  }
}
