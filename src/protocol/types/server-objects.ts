/*
  FUNCTIONDEF, HANDLE, CODE, DATASOURCE and RESOURCE: objects of the server, which are sent as text and only as scalars.
*/
import type { ScalarShape } from '../value.js'
import { textAtHand, textScalars } from './strings.js'
import { type ScalarCodec, type TypeFacts, variableType } from './type-facts.js'

type ObjectType = 'HANDLE' | 'CODE' | 'DATASOURCE' | 'RESOURCE'
export type ObjectScalar = ScalarShape<ObjectType, string>
/** `functionKind`: 0 system, 3 user, 4 partial, … (docs/protocol.md#data-types). Default: 0. */
interface FunctionScalar {
  form: 'scalar'
  type: 'FUNCTIONDEF'
  functionKind?: number
  value: string
}
export type ServerObjectScalar = ObjectScalar | FunctionScalar

const functions: ScalarCodec<FunctionScalar> = {
  encodeScalar(writer, { functionKind, value }) {
    writer.u8(functionKind ?? 0)
    writer.str0(value)
  },
  *decodeScalar(reader, context, type) {
    context.expect(reader, 1)
    if (!reader.has(1)) yield* reader.need(1)
    const functionKind = reader.u8()
    const value =
      textAtHand(reader, context) ?? (yield* reader.str0(context.remainingBytes(reader)))
    return { form: 'scalar', type, functionKind, value }
  },
}

export const serverObjectTypes: Readonly<Record<ServerObjectScalar['type'], TypeFacts>> = {
  FUNCTIONDEF: variableType(20, 'system', { scalars: functions }, String),
  HANDLE: variableType(21, 'system', { scalars: textScalars }, String),
  CODE: variableType(22, 'system', { scalars: textScalars }, String),
  DATASOURCE: variableType(23, 'system', { scalars: textScalars }, String),
  RESOURCE: variableType(24, 'system', { scalars: textScalars }, String),
}
