/*
  A built-in that looks at one element after the other, called with long vectors: piece by piece.
*/
import type { Column, Vector } from '../../../protocol/value.js'
import type { Builtin, BuiltinArguments, CallContext, Evaluation } from '../../values/builtin.js'
import {
  checkAtOnce,
  columnInPieces,
  endOfPiece,
  longVector,
  pieceOf,
} from '../../values/pieces.js'
import type { ServerValue } from '../../values/server-value.js'

/**
 * Where the arguments do not go together, the call itself says so.
 *
 * @param args  at least one of them is long
 */
export function callInPieces(
  context: CallContext,
  builtin: Builtin,
  args: BuiltinArguments,
): ServerValue | Evaluation<ServerValue> {
  const first = longVector(args.find(longVector))
  if (first === undefined || !args.every(value => standsBeside(value, first))) {
    checkAtOnce(builtin.name, args)
    return builtin.call(context, args)
  }
  const vectors = args.filter(value => value?.form === 'vector')
  return columnInPieces(
    context,
    first.length,
    (from, to) =>
      builtin.call(
        context,
        args.map(value => pieceOf(value, from, to)),
      ) as Column,
    from => Math.min(...vectors.map(vector => endOfPiece(vector, from))),
  )
}

function standsBeside(value: ServerValue | undefined, long: Vector): boolean {
  if (value?.form !== 'vector') return value?.form !== 'arrayVector' && value?.form !== 'matrix'
  return value.length === long.length && value.type !== 'ANY'
}
