/*
  Shorthands for operands in tests.
*/
import { columnTypeText, type DataType } from '../../../src/protocol/data-type.js'
import { columnTypeOf, type ElementValue } from '../../../src/protocol/element.js'
import type { Scalar, Vector } from '../../../src/protocol/value.js'
import { pairOperands, type Pairing } from '../../../src/server/operators/operands.js'
import type { ServerValue } from '../../../src/server/values/server-value.js'
import { textsOf } from '../../helpers/script.js'
import { column } from '../columns/columns.js'

export const vector = (type: DataType, ...values: ElementValue[]): Vector =>
  column(type, ...values) as Vector

export const scalar = (type: Scalar['type'], value: Scalar['value']): Scalar =>
  ({ form: 'scalar', type, value }) as Scalar

export const decimal = (scale: number, value: bigint | null): Scalar => ({
  form: 'scalar',
  type: 'DECIMAL64',
  scale,
  value,
})

export const paired = (left: ServerValue, right: ServerValue): Pairing =>
  pairOperands(left, right, 'add')

/** For example, `INT 1,,3`; a null is empty. */
export function shown(value: Vector): string {
  return `${columnTypeText(columnTypeOf(value))} ${textsOf(value).join()}`
}
