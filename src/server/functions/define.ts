/*
  Short ways to declare the built-ins of the language itself.
*/
import type { Builtin, BuiltinArguments, CallContext, Evaluation } from '../values/builtin.js'
import { ScriptError } from '../script-error.js'
import type { ServerValue } from '../values/server-value.js'

type Result = ServerValue | Evaluation<ServerValue>

type Traits = Pick<Builtin, 'mutatesFirst'>

/** f(X) */
export function unaryFunction(
  name: string,
  compute: (x: ServerValue, context: CallContext) => Result,
  traits?: Traits,
): Builtin {
  return defineFunction(name, ['X'], 1, (context, [x]) => compute(x!, context), traits)
}

/** f(X, Y) */
export function binaryFunction(
  name: string,
  compute: (x: ServerValue, y: ServerValue, context: CallContext) => Result,
  traits?: Traits,
): Builtin {
  return defineFunction(name, ['X', 'Y'], 2, (context, [x, y]) => compute(x!, y!, context), traits)
}

/**
 * A built-in whose first `required` arguments are given when `call` runs.
 *
 * @param parameters  the last may be `...rest`
 */
export function defineFunction(
  name: string,
  parameters: readonly string[],
  required: number,
  call: (context: CallContext, args: BuiltinArguments) => Result,
  traits: Traits = {},
): Builtin {
  const hasRest = parameters.at(-1)?.startsWith('...') === true
  return {
    name,
    parameters,
    minArguments: required,
    maxArguments: hasRest ? Infinity : parameters.length,
    ...traits,
    call: (context, args) => {
      for (let index = 0; index < required; index++) {
        if (args[index] === undefined) {
          throw new ScriptError(
            `The argument [${parameters[index] ?? index + 1}] of function [${name}] must be given.`,
          )
        }
      }
      return call(context, args)
    },
  }
}
